import { anyChar, type CharSet, charSet, union } from './char-set.ts';

function spans(...parts: string[]): CharSet {
  return charSet(parts.flatMap(part => [part.charCodeAt(0), part.charCodeAt(part.length - 1)]));
}

/** `\d`, `\s` and `\w` mean ASCII in RE2. */
export const digits = spans('0-9');
export const spaces = spans('\t-\n', '\f-\r', ' ');
export const wordCharacters = spans('0-9', 'A-Z', 'a-z', '_');
export const newline = spans('\n');

/** What `[[:name:]]` stands for. */
export const posixClasses: ReadonlyMap<string, CharSet> = new Map([
  ['alnum', spans('0-9', 'A-Z', 'a-z')],
  ['alpha', spans('A-Z', 'a-z')],
  ['ascii', [0, 0x7f]],
  ['blank', spans('\t', ' ')],
  ['cntrl', [0, 0x1f, 0x7f, 0x7f]],
  ['digit', digits],
  ['graph', spans('!-~')],
  ['lower', spans('a-z')],
  ['print', spans(' -~')],
  ['punct', spans('!-/', ':-@', '[-`', '{-~')],
  ['space', spans('\t-\r', ' ')],
  ['upper', spans('A-Z')],
  ['word', wordCharacters],
  ['xdigit', spans('0-9', 'A-F', 'a-f')],
]);

const surrogates: CharSet = [0xd800, 0xdfff];
const privateUse: CharSet = [0xe000, 0xf8ff, 0xf0000, 0xffffd, 0x100000, 0x10fffd];

/** Planes that hold characters; the rest is private use or not assigned. */
const assignedPlanes = [
  [0, 0xd7ff],
  [0xf900, 0x3ffff],
  [0xe0000, 0xe01ef],
] as const;

const known = new Map<string, CharSet | undefined>();

/**
 * A general category (`L`, `Lu`), a script (`Greek`) or `Any`, as the runtime's Unicode tables have it.
 * @returns undefined when RE2 has no such class
 */
export function unicodeClass(name: string): CharSet | undefined {
  if (known.has(name)) return known.get(name);
  const set = readUnicodeClass(name);
  if (known.size < 256) known.set(name, set);
  return set;
}

function readUnicodeClass(name: string): CharSet | undefined {
  switch (name) {
    case 'Any':
      return anyChar;
    case 'Cs':
      return surrogates;
    case 'Co':
      return privateUse;
    case 'C':
      return union(...['Cc', 'Cf', 'Cs', 'Co'].map(part => unicodeClass(part) as CharSet));
    case 'Zyyy':
    case 'Zinh':
    case 'Unknown':
    case 'Cn':
    case 'LC':
      return undefined;
  }
  if (/^[A-Z][a-z]?$/.test(name)) return scan(`\\p{General_Category=${name}}`);
  return /^(?:[A-Z][a-z]{2,}(?:_[A-Z][a-z]+)*|SignWriting)$/.test(name) ? scan(`\\p{Script=${name}}`) : undefined;
}

let assigned: string | undefined;

/** @returns undefined when the runtime does not know the property */
function scan(property: string): CharSet | undefined {
  let runs: RegExp;
  try {
    runs = new RegExp(`${property}+`, 'gu');
  } catch {
    return undefined;
  }
  assigned ??= assignedPlanes.map(([first, last]) => charactersBetween(first, last)).join('');
  const ranges: number[] = [];
  for (const { 0: run } of assigned.matchAll(runs)) {
    ranges.push(...contiguousRanges(run));
  }
  return charSet(ranges);
}

function charactersBetween(first: number, last: number): string {
  const pages: string[] = [];
  for (let page = first; page <= last; page += 0x1000) {
    const length = Math.min(0x1000, last + 1 - page);
    pages.push(String.fromCodePoint(...Array.from({ length }, (_, index) => page + index)));
  }
  return pages.join('');
}

/** A run of characters may go across the gaps between the planes. */
function contiguousRanges(run: string): number[] {
  const first = run.codePointAt(0) as number;
  const last = run.codePointAt(run.length - (endsAstral(run) ? 2 : 1)) as number;
  return assignedPlanes.flatMap(([planeFirst, planeLast]) => {
    const from = Math.max(first, planeFirst);
    const to = Math.min(last, planeLast);
    return from <= to ? [from, to] : [];
  });
}

function endsAstral(run: string): boolean {
  const unit = run.charCodeAt(run.length - 1);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
