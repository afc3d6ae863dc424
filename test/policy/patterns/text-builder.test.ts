import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextBuilder } from '../../../functions/policy/patterns/text-builder.ts';

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'binary-ascii', maxLength: 8 }),
  fc.constantFrom('é', '\ud83d', '\udca9', 'x'.repeat(63), 'x'.repeat(64), '語'.repeat(100)),
);

test('whatever the pieces are, the text is all of them in their order', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 50 }), fc.integer({ min: 1, max: 400 }), (some, times) => {
      const builder = new TextBuilder();
      const pieces = Array.from({ length: times }, () => some).flat();
      for (const [at, text] of pieces.entries()) {
        if (at % 2 === 0) builder.add(text);
        else builder.add(`<${text}>`, 1, text.length + 1);
      }
      assert.equal(builder.length, pieces.join('').length);
      assert.equal(builder.toString(), pieces.join(''));
    }),
  );
});
