import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MinHeap } from '../../../functions/core/tokens/min-heap.ts';

const operations = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 0, max: 2 ** 45 }), fc.constant('pop' as const)));

test('gives back the smallest of what it holds', () => {
  fc.assert(
    fc.property(operations, steps => {
      const heap = new MinHeap(steps.length);
      const held: number[] = [];
      for (const step of steps) {
        if (step === 'pop') {
          assert.equal(heap.pop(), held.sort((a, b) => a - b).shift());
        } else {
          heap.push(step);
          held.push(step);
        }
      }
    }),
  );
});
