import { stringEnd } from './json-edit.ts';

/** How the members of a JSON value lie in it, counted without recursion: a request may be nested as deep as it likes. */
export interface JsonShape {
  /** Members of all objects in it. */
  members: number;
  depth: number;
}

export function shapeOf(value: unknown): JsonShape {
  let members = 0;
  let depth = 0;
  const rest: [value: unknown, depth: number][] = [[value, 1]];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [current, level] = next;
    if (typeof current !== 'object' || current === null) continue;
    depth = Math.max(depth, level);
    const children = Object.values(current);
    if (!Array.isArray(current)) members += children.length;
    for (const child of children) if (typeof child === 'object') rest.push([child, level + 1]);
  }
  return { members, depth };
}

/**
 * Whether an object in a JSON text names a member twice. `JSON.parse` keeps the last of them, another reader may keep the
 * first. Every member has one colon outside of strings, so there are more colons than members.
 * @param text valid JSON that `shape` is the shape of
 */
export function hasRepeatedMember(text: string, shape: JsonShape): boolean {
  let colons = 0;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    for (; at < end; at++) if (text.charCodeAt(at) === colon) colons++;
    if (quote === -1) break;
    at = stringEnd(text, quote);
  }
  return colons > shape.members;
}

const colon = 58;

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
