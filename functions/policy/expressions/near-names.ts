import { quote } from './quote.ts';

/** "did you mean …?" with the names that are close to one that does not exist, else all names there are. */
export function suggest(name: string, known: Iterable<string>): string {
  const names = [...known].sort();
  const near = names
    .map(other => ({ other, distance: distanceOf(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ distance }) => distance !== undefined)
    .sort((a, b) => (a.distance as number) - (b.distance as number));
  if (near.length > 0) {
    return `did you mean ${near
      .slice(0, 3)
      .map(({ other }) => quote(other))
      .join(' or ')}?`;
  }
  if (names.length === 0) return 'there is none';
  return `known: ${names.join(', ')}`;
}

/** Undefined for names that nobody confuses. */
function distanceOf(name: string, other: string): number | undefined {
  if (name.length > 40) return undefined;
  const distance = lettersToChange(name, other);
  const contains = Math.min(name.length, other.length) > 2 && (other.includes(name) || name.includes(other));
  return contains || distance <= Math.max(1, Math.floor(other.length / 4)) ? distance : undefined;
}

/** How many letters to add, drop or change. */
function lettersToChange(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let column = 1; column <= b.length; column++) {
      const change = (row[column - 1] as number) + (letter === b[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] as number) + 1, (next[column - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
