/** "; did you mean …?" when a name is close to one that exists, else all that exist. */
export function suggest(name: string, known: Iterable<string>): string {
  const names = [...known].sort();
  const near = names.filter(other => isNear(name.toLowerCase(), other.toLowerCase()));
  if (near.length > 0) return `did you mean ${near.slice(0, 3).map(quote).join(' or ')}?`;
  return `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
}

function isNear(name: string, other: string): boolean {
  if (name.length > 2 && (other.includes(name) || name.includes(other))) return true;
  return name.length <= 40 && distance(name, other) <= Math.max(1, Math.floor(other.length / 4));
}

/** How many letters to add, drop or change. */
function distance(a: string, b: string): number {
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

function quote(name: string): string {
  return `"${name}"`;
}
