/** Where one member of an object lies in its text. */
interface Member {
  name: string;
  start: number;
  valueStart: number;
  /** One past the value's last character. */
  end: number;
}

/**
 * Changes top-level members of a JSON object and leaves every other character as the client wrote it: numbers too big
 * for JavaScript, spacing and order survive. Members named in `set` are replaced (or added in front), those in
 * `remove` taken out, doubled ones all of them.
 * @param text a valid JSON object; check with `JSON.parse` first
 */
export function editJsonObject(
  text: string,
  { set, remove }: { set: Record<string, unknown>; remove: string[] },
): string {
  const gone = new Set([...Object.keys(set), ...remove]);
  const members = membersOf(text, text.indexOf('{'));
  const kept = members.filter(member => !gone.has(member.name)).map(member => text.slice(member.start, member.end));
  const added = Object.entries(set).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${[...added, ...kept].join(',')}}`;
}

/** A new value for what lies at a path of member names and positions. */
export interface JsonEdit {
  path: readonly (string | number)[];
  value: unknown;
}

/**
 * Changes values anywhere in a JSON text and leaves every other character as it was written. A path that leads nowhere
 * changes nothing; of doubled members all are changed.
 * @param text valid JSON; check with `JSON.parse` first
 */
export function setJsonValues(text: string, edits: readonly JsonEdit[]): string {
  const start = skipSpace(text, 0);
  const places = edits.flatMap(({ path, value }) => rangesAt(text, start, path).map(range => ({ ...range, value })));
  places.sort((a, b) => a.start - b.start);
  let edited = '';
  let at = 0;
  for (const place of places) {
    edited += text.slice(at, place.start) + JSON.stringify(place.value);
    at = place.end;
  }
  return edited + text.slice(at);
}

function rangesAt(text: string, start: number, path: readonly (string | number)[]): { start: number; end: number }[] {
  const [step, ...rest] = path;
  if (step === undefined) return [{ start, end: valueEnd(text, start) }];
  if (typeof step === 'string') {
    const named = text[start] === '{' ? membersOf(text, start).filter(({ name }) => name === step) : [];
    return named.flatMap(({ valueStart }) => rangesAt(text, valueStart, rest));
  }
  const element = text[start] === '[' ? elementsOf(text, start)[step] : undefined;
  return element === undefined ? [] : rangesAt(text, element, rest);
}

/** Where the elements of an array begin. */
function elementsOf(text: string, start: number): number[] {
  const elements: number[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== ']') {
    elements.push(at);
    at = skipSpace(text, valueEnd(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return elements;
}

function membersOf(text: string, objectStart: number): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, objectStart + 1);
  while (text[at] !== '}') {
    const start = at;
    const nameEnd = stringEnd(text, at);
    const name = JSON.parse(text.slice(start, nameEnd)) as string;
    const colon = skipSpace(text, nameEnd);
    const valueStart = skipSpace(text, colon + 1);
    const end = valueEnd(text, valueStart);
    members.push({ name, start, valueStart, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return members;
}

const quote = 34;
const backslash = 92;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 32) at++;
  return at;
}

/** One past the closing quote of the string that starts at `start`; 0 when it is never closed, which JSON never has. */
export function stringEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
}

function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (;;) {
    const character = text.charCodeAt(at);
    if (character === quote) at = stringEnd(text, at);
    else {
      if (character === 123 || character === 91) depth++; // { [
      if (character === 125 || character === 93) depth--; // } ]
      at++;
    }
    if (depth > 0) continue;
    if (character === quote || character === 125 || character === 93) return at;
    at = scalarEnd(text, at);
    return at;
  }
}

function scalarEnd(text: string, from: number): number {
  let at = from;
  while (!' \t\n\r,}]'.includes(text[at] as string)) at++;
  return at;
}
