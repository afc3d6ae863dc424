import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelayedText } from '../../functions/gateway/relayed-text.ts';

const byLetter = (text: string) => text.length;

test('text is counted as a whole, in order', () => {
  const relayed = new RelayedText();
  for (const text of ['Hel', '', 'lo']) relayed.add(text);
  const counted: string[] = [];
  relayed.countTokens(text => counted.push(text));
  assert.deepEqual(counted, ['Hello']);
  assert.equal(new RelayedText().countTokens(byLetter), 0);
});

test('only so much is kept; what is beyond it counts by its bytes', () => {
  const relayed = new RelayedText();
  for (let kilobytes = 0; kilobytes < 1024; kilobytes++) relayed.add('x'.repeat(1024));
  assert.equal(relayed.countTokens(byLetter), 1024 * 1024);
  for (let more = 0; more < 1000; more++) relayed.add('é'.repeat(1024));
  let kept = 0;
  const tokens = relayed.countTokens(text => {
    kept = text.length;
    return 7;
  });
  assert.equal(kept, 1024 * 1024);
  assert.equal(tokens, 7 + (1000 * 2 * 1024) / 4);
});
