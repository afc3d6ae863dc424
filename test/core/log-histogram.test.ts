import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogHistogram } from '../../functions/core/log-histogram.ts';

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

const values = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 200 });

test('an empty histogram has neither an average nor quantiles', () => {
  assert.equal(new LogHistogram().average(), undefined);
  assert.equal(new LogHistogram().quantile(0.95), undefined);
});

test('the average is exact, and quantiles are within 5 % of a value that is there', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(0.01, 0.5, 0.95, 1), (all, share) => {
      const histogram = histogramOf(all);
      assert.equal(histogram.count, all.length);
      assert.equal(histogram.average(), all.reduce((sum, value) => sum + value, 0) / all.length);
      const exact = all.toSorted((one, other) => one - other)[Math.max(1, Math.ceil(share * all.length)) - 1] as number;
      const found = histogram.quantile(share) as number;
      assert.ok(Math.abs(found - exact) <= exact * 0.05, `${found} for ${exact}`);
    }),
  );
});

test('parts that are merged, in any order and through JSON, are the whole', () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const stored = (part: readonly number[]) =>
        LogHistogram.from(JSON.parse(JSON.stringify(histogramOf(part))) as { sum: number; buckets: number[] });
      const merged = stored(other);
      merged.merge(stored(one));
      assert.deepEqual(JSON.parse(JSON.stringify(merged)), JSON.parse(JSON.stringify(histogramOf([...one, ...other]))));
      assert.equal(merged.count, one.length + other.length);
    }),
  );
});

test('values up to a limit are counted by their buckets', () => {
  const histogram = histogramOf([0, 5, 10, 99, 1_000]);
  assert.equal(histogram.countUpTo(50), 3);
  assert.equal(histogram.countUpTo(10_000), 5);
});

test('a day of answers between a millisecond and fifteen minutes takes under a kilobyte and a half', () => {
  const histogram = histogramOf(Array.from({ length: 86_400 }, (_, second) => 1 + ((second * 7_919) % 900_000)));
  assert.ok(JSON.stringify(histogram).length < 1_500);
});
