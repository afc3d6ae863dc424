import { stringEnd } from './json-edit.ts';

/** Members of all objects in a JSON value, counted without recursion. */
export function countMembers(value: unknown): number {
  let members = 0;
  const rest = [value];
  while (rest.length > 0) {
    const current = rest.pop();
    if (typeof current !== 'object' || current === null) continue;
    const children = Object.values(current);
    if (!Array.isArray(current)) members += children.length;
    for (const child of children) if (typeof child === 'object') rest.push(child);
  }
  return members;
}

/**
 * Whether an object in a JSON text names a member twice. `JSON.parse` keeps the last of them, another reader may keep the
 * first. Every member has one colon outside of strings, so there are more colons than members.
 * @param text the valid JSON of `value`
 */
export function hasRepeatedMember(text: string, value: unknown): boolean {
  let colons = 0;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    for (; at < end; at++) if (text.charCodeAt(at) === colon) colons++;
    if (quote === -1) break;
    at = stringEnd(text, quote);
  }
  return colons > countMembers(value);
}

const colon = 58;

/** Of `0-9`, `A-Z`, `_` and `a-z`. A backslash before it makes it text about an escape, which is none. */
const escapedWordCharacter = /(?<!\\)(?:\\\\)*\\u00(?:3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\da])/i;

/**
 * Whether a JSON text writes a letter, a digit or an underscore in a member's name as an escape, which no client does. V8
 * takes such a name for another of the same length if an earlier text had that in the same place: in Node.js 24.21,
 * `{"a":1,"\u0074ype":2}` has no member `type` but one that is called backslash, u, 0, 0 after a text with such a member.
 * What is plain to the next reader could so be hidden from us.
 */
export function hasEscapedName(text: string): boolean {
  if (!escapedWordCharacter.test(text)) return false;
  let at = text.indexOf('"');
  while (at !== -1) {
    const end = stringEnd(text, at);
    let next = end;
    while (text.charCodeAt(next) <= space) next++;
    if (text.charCodeAt(next) === colon && escapedWordCharacter.test(text.slice(at, end))) return true;
    at = text.indexOf('"', end);
  }
  return false;
}

const space = 32;

/** Whether any object in a JSON value has a member of this name. */
export function hasMember(value: unknown, name: string): boolean {
  const rest = [value];
  while (rest.length > 0) {
    const current = rest.pop();
    if (typeof current !== 'object' || current === null) continue;
    if (!Array.isArray(current) && Object.hasOwn(current, name)) return true;
    for (const child of Object.values(current)) if (typeof child === 'object') rest.push(child);
  }
  return false;
}
