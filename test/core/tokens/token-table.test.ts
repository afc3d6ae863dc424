import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenTable, notAToken, rankOf, readTokenTable } from '../../../functions/core/tokens/token-table.ts';

const singleBytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
const words = ['ab', 'abc', 'x'.repeat(128)].map(word => new TextEncoder().encode(word));
const file = createTokenTable('cl100k_base', [...singleBytes, ...words]);

test('finds every token under its rank, wherever it stands', () => {
  const table = readTokenTable(file);
  assert.equal(table.encoding, 'cl100k_base');
  for (const [rank, token] of [...singleBytes, ...words].entries()) {
    const bytes = Uint8Array.of(1, 2, ...token, 3);
    assert.equal(rankOf(table, bytes, 2, 2 + token.length), rank);
  }
});

test('does not find what is no token', () => {
  const table = readTokenTable(file);
  for (const text of ['', 'ba', 'abcd', 'x'.repeat(127), 'x'.repeat(129), 'x'.repeat(4_000)]) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(rankOf(table, bytes, 0, bytes.length), notAToken);
  }
});

test('opens a table that starts off a word boundary', () => {
  for (const holder of [Buffer.alloc(file.length + 3), new Uint8Array(file.length + 3)]) {
    holder.set(file, 3);
    const table = readTokenTable(holder.subarray(3));
    assert.equal(rankOf(table, Buffer.from('abc'), 0, 3), 257);
  }
});

test('reads in place when the table starts on a word boundary', () => {
  const holder = new Uint8Array(file.length + 4);
  holder.set(file, 4);
  assert.equal(readTokenTable(holder.subarray(4)).text.buffer, holder.buffer);
});

test('refuses what is not a table', () => {
  const otherVersion = file.slice();
  otherVersion[4] = 99;
  const otherEncoding = file.slice();
  otherEncoding[8] = 99;
  assert.throws(() => readTokenTable(new Uint8Array(0)), /not a token table/);
  assert.throws(() => readTokenTable(new Uint8Array(7)), /not a token table/);
  assert.throws(() => readTokenTable(new TextEncoder().encode('{"tokens": []}      ')), /not a token table/);
  assert.throws(() => readTokenTable(otherVersion), /not a token table of version 1/);
  assert.throws(() => readTokenTable(otherEncoding), /damaged/);
  assert.throws(() => readTokenTable(file.subarray(0, file.length - 1)), /damaged/);
  assert.throws(() => readTokenTable(file.subarray(0, 12)), /damaged/);
});

test('refuses to lay out tokens that the format or the merging cannot take', () => {
  const tooLong = new Uint8Array(129);
  assert.throws(
    () => createTokenTable('o200k_base', [...singleBytes, tooLong]),
    /token 256 of o200k_base has 129 bytes/,
  );
  assert.throws(() => createTokenTable('o200k_base', [...singleBytes, new Uint8Array(0)]), /has 0 bytes/);
  assert.throws(() => createTokenTable('o200k_base', singleBytes.slice(1)), /lacks the byte 0/);
  assert.throws(() => createTokenTable('o200k_base', Array(2 ** 18).fill(Uint8Array.of(1))), /262144 tokens/);
});
