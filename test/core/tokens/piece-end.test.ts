import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import cl100kRanks from 'js-tiktoken/ranks/cl100k_base';
import o200kRanks from 'js-tiktoken/ranks/o200k_base';
import { kindsOfBytes } from '../../../functions/core/tokens/character-kinds.ts';
import { type EncodingName, encodingNames } from '../../../functions/core/tokens/encodings.ts';
import { pieceEndOf } from '../../../functions/core/tokens/piece-end.ts';
import { randomText } from './random-text.ts';

const patterns = {
  o200k_base: new RegExp(o200kRanks.pat_str, 'gu'),
  cl100k_base: new RegExp(cl100kRanks.pat_str, 'gu'),
};

/** Lone surrogates become U+FFFD in bytes, but only after the pattern has seen them; hence `toWellFormed` behind it. */
function piecesByPattern(encoding: EncodingName, text: string): string[] {
  return Array.from(text.matchAll(patterns[encoding]), ([piece]) => piece.toWellFormed());
}

function piecesByHand(encoding: EncodingName, text: string): string[] {
  const bytes = Buffer.from(text);
  const kindOfByte = kindsOfBytes(bytes);
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = pieceEndOf[encoding](bytes, kindOfByte, start);
    assert.ok(end > start && end <= bytes.length);
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return pieces;
}

function assertSamePieces(text: string): void {
  for (const encoding of encodingNames) {
    assert.equal(
      JSON.stringify(piecesByHand(encoding, text)),
      JSON.stringify(piecesByPattern(encoding, text)),
      encoding,
    );
  }
}

const edges = [
  '',
  ' ',
  '  ',
  '  a',
  ' \ta',
  '\ta',
  '   1',
  ' 1',
  'a  ',
  'a \n b',
  'a \r\n\r\n  b',
  '\r\n',
  '\r\r\n\n',
  '\n  \n  ',
  ' \u00a0\u3000x',
  '\u2028\u2029\ufeff\u0085x',
  '!!!\r\n\n/x',
  ' !\n/\n/',
  '///',
  '!/\n!',
  ' !!a',
  '!a!b',
  "'s",
  "'S's",
  "a's",
  "A'S",
  "A'Sx",
  "ab'llc",
  "ab'lc",
  "ab'",
  "ab''s",
  "'",
  "' s",
  "'re're",
  "!'re",
  "1's",
  '’s',
  'HTTPServer',
  'ABC',
  'ABc',
  'aBc',
  'AbCdEF',
  '!ABC',
  'ǅa',
  'aǅa',
  'AǅǅA',
  'ʰA',
  'AʰA',
  'AʰAA',
  'AʰAa',
  'AAʰ',
  '中A中',
  '中AA',
  'A中AAa',
  '\u0301',
  '\u0301A',
  '\u0301AB\u0301C',
  '\u0301\u0301A',
  '\u0301a',
  '\u0301\u0301\u0301',
  'A\u0301B',
  'a\u0301b',
  ' \u0301A',
  '!\u0301A',
  '!!\u0301A',
  "\u0301's",
  "\u0301A's",
  '1\u0301',
  '1234567',
  '１２３４५',
  '𝟘𝟙𝟚𝟛',
  '½²Ⅷ①',
  '𐐀𐐨𐐀𐐀',
  '𐐀𐐀𐐨',
  '😀😀a',
  ' 😀',
  '\ud800',
  '\ud800a',
  'a\udc00',
  '\udc00\ud800',
  '\ud800\u0301A',
  '\u0000\u0000a',
];

for (const text of edges) {
  test(`splits ${JSON.stringify(text)} as the patterns do`, () => assertSamePieces(text));
}

test('splits random text as the patterns do', () => {
  fc.assert(fc.property(randomText, assertSamePieces), { numRuns: 2_000, seed: 1 });
});

test('splits all short combinations of the kinds of characters as the patterns do', () => {
  const characters = ['A', 'a', 'ʰ', '\u0301', '1', ' ', '\n', '!', "'s"];
  const combine = (length: number): string[] =>
    length === 0 ? [''] : combine(length - 1).flatMap(text => characters.map(character => text + character));
  for (const text of combine(5)) assertSamePieces(text);
});

test('knows the kind of every code point', () => {
  const step = 0x1000;
  for (let first = 0; first < 0x110000; first += step) {
    const isSample = first % 0x10000 === 0; // The other planes have no assigned characters or private ones only.
    const isAssigned = first < 0x40000 || first >> 16 === 0xe;
    if (!isSample && !isAssigned) continue;
    const characters = Array.from({ length: step }, (_, i) => String.fromCodePoint(first + i));
    assertSamePieces(characters.map(character => `A${character}a${character}1${character} `).join(''));
  }
});
