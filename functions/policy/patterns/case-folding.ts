import { type CharSet, charSet, includes } from './char-set.ts';

/** Outside ASCII two letters are the same as an ASCII one: the Kelvin sign and the long s. */
const asciiOrbits: readonly (readonly number[])[] = Array.from({ length: 26 }, (_, index) => {
  const orbit = [0x41 + index, 0x61 + index];
  if (index === 10) orbit.push(0x212a);
  if (index === 18) orbit.push(0x017f);
  return orbit;
});

/** Sets that have a name are folded once. */
const known = new WeakMap<CharSet, CharSet>();

/** The set with every letter in every case, by Unicode's simple case folding, as `(?i)` means it. */
export function foldCase(set: CharSet): CharSet {
  let folded = known.get(set);
  if (folded) return folded;
  folded = charSet([...set, ...casesOf(set).flatMap(letter => [letter, letter])]);
  known.set(set, folded);
  return folded;
}

function casesOf(set: CharSet): readonly number[] {
  const [first, last] = set;
  const isAscii = (set.at(-1) ?? 0) < 0x80;
  if (!isAscii && set.length === 2 && first === last) return allOrbits().get(first as number) ?? [];
  const orbits = new Set(isAscii ? asciiOrbits : allOrbits().values());
  const reached = [...orbits].filter(orbit => orbit.some(letter => includes(set, letter))).flat();
  return reached.filter(letter => !includes(set, letter));
}

/** Where letters with cases are: not among Chinese characters, Hangul, surrogates and private use. */
const casedBlocks = [
  [0, 0x30ff],
  [0xa000, 0xabff],
  [0xf900, 0x1ffff],
] as const;

let orbits: Map<number, number[]> | undefined;

/** For each letter those that are the same in another case. Made from the runtime's own tables when first needed, in a few ms. */
function allOrbits(): Map<number, number[]> {
  if (orbits) return orbits;
  const hasCase = /[\p{Changes_When_Casefolded}\p{Changes_When_Lowercased}\p{Changes_When_Uppercased}]/u;
  const byFolded = new Map<string, number[]>();
  for (const [first, last] of casedBlocks) {
    for (let codePoint = first; codePoint <= last; codePoint++) {
      const letter = String.fromCodePoint(codePoint);
      if (!hasCase.test(letter)) continue;
      const folded = simpleFolding(letter);
      const orbit = byFolded.get(folded);
      if (orbit) orbit.push(codePoint);
      else byFolded.set(folded, [codePoint]);
    }
  }
  orbits = new Map([...byFolded.values()].flatMap(orbit => orbit.map(letter => [letter, orbit] as const)));
  return orbits;
}

/** The same for all cases of a letter. What becomes longer than one character does not count, nor does the dotless i. */
function simpleFolding(letter: string): string {
  if (letter === '\u0131') return letter;
  const upper = oneCharacter(letter.toUpperCase()) ?? letter;
  return oneCharacter(upper.toLowerCase()) ?? letter;
}

function oneCharacter(text: string): string | undefined {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) as number) > 0xffff) ? text : undefined;
}
