import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDurationMs } from '../../functions/core/clock.ts';

const durations: [text: string, ms: number | undefined][] = [
  ['90s', 90_000],
  ['2m', 120_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['366d', 366 * 86_400_000],
  ['-1h', -3_600_000],
  ['', undefined],
  ['5', undefined],
  ['5 s', undefined],
  ['s', undefined],
  ['1y', undefined],
  ['1m junk', undefined],
];

test('durations are read as written', () => {
  for (const [text, ms] of durations) assert.equal(parseDurationMs(text), ms, text);
});
