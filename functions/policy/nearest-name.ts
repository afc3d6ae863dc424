const lengthMax = 64;

/** The name that was probably meant, or undefined when none is near: at most a third of the letters may differ. */
export function nearestName(written: string, names: Iterable<string>): string | undefined {
  const plain = plainName(written);
  if (plain.length > lengthMax) return undefined;
  let nearest: string | undefined;
  let smallest = Math.floor(plain.length / 3) + 1;
  for (const name of names) {
    const distance = editDistance(plain, plainName(name), smallest);
    if (distance >= smallest) continue;
    smallest = distance;
    nearest = name;
  }
  return nearest;
}

/** Case and the choice of `-`, `_` or a space are the commonest slips. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Letters to add, drop, replace or swap to make one text of another; `limit` when it is that many or more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const cell = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      rows[row]?.push(
        Math.min(
          cell(row - 1, column) + 1,
          cell(row, column - 1) + 1,
          cell(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwapped ? cell(row - 2, column - 2) + 1 : limit,
        ),
      );
    }
  }
  return Math.min(limit, cell(a.length, b.length));
}
