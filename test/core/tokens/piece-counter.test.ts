import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildTokenTable } from '../../../functions/core/tokens/build-table.ts';
import { encodingNames } from '../../../functions/core/tokens/encodings.ts';
import { createPieceCounter } from '../../../functions/core/tokens/piece-counter.ts';
import { notAToken, rankOf, readTokenTable, type TokenTable } from '../../../functions/core/tokens/token-table.ts';

const tables = encodingNames.map(encoding => readTokenTable(buildTokenTable(encoding)));

/** The definition, step by step: among adjacent parts, join the two of lowest rank, the leftmost of equals. */
function countByDefinition(table: TokenTable, bytes: Uint8Array): number {
  const starts = Array.from(bytes, (_, at) => at);
  for (;;) {
    let lowest = { rank: Number.POSITIVE_INFINITY, part: -1 };
    for (let part = 0; part + 1 < starts.length; part++) {
      const rank = rankOf(table, bytes, starts[part] as number, starts[part + 2] ?? bytes.length);
      if (rank !== notAToken && rank < lowest.rank) lowest = { rank, part };
    }
    if (lowest.part === -1) return starts.length;
    starts.splice(lowest.part + 1, 1);
  }
}

/** Runs of one byte, of a few bytes, and of whole tokens: what is likely to make windows disagree. */
const piece = fc.oneof(
  fc
    .tuple(fc.constantFrom(...Buffer.from(' =-*a\n')), fc.integer({ min: 1, max: 700 }))
    .map(([byte, length]) => Buffer.alloc(length, byte)),
  fc.array(fc.constantFrom(...Buffer.from(' -')), { minLength: 1, maxLength: 700 }).map(bytes => Buffer.from(bytes)),
  fc.array(fc.constantFrom(...Buffer.from('abAB')), { minLength: 1, maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  fc
    .array(fc.nat(100_000), { minLength: 1, maxLength: 60 })
    .map(ranks => Buffer.concat(ranks.map(rank => tokenOf(tables[1] as TokenTable, rank)))),
);

function tokenOf({ offsets, text }: TokenTable, rank: number): Uint8Array {
  return text.subarray(offsets[rank], offsets[rank + 1]);
}

test('merges as the definition says', () => {
  fc.assert(
    fc.property(piece, bytes => {
      for (const table of tables) {
        assert.equal(createPieceCounter(table)(bytes, 0, bytes.length), countByDefinition(table, bytes));
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('counts the same in windows of any length', () => {
  fc.assert(
    fc.property(piece, fc.integer({ min: 1, max: 300 }), (bytes, windowBytes) => {
      for (const table of tables) {
        const expected = createPieceCounter(table)(bytes, 0, bytes.length);
        assert.equal(createPieceCounter(table, windowBytes)(bytes, 0, bytes.length), expected);
      }
    }),
    { numRuns: 3_000, seed: 1 },
  );
});

test('counts a part of the bytes and leaves no trace for the next one', () => {
  const [table] = tables as [TokenTable];
  const countPiece = createPieceCounter(table);
  const bytes = Buffer.from('xyzzyplughfrotz');
  for (let start = 0; start < bytes.length; start++) {
    for (let end = start + 1; end <= bytes.length; end++) {
      assert.equal(countPiece(bytes, start, end), countByDefinition(table, bytes.subarray(start, end)));
    }
  }
});
