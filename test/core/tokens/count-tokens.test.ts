import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import cl100kRanks from 'js-tiktoken/ranks/cl100k_base';
import o200kRanks from 'js-tiktoken/ranks/o200k_base';
import { buildTokenTable } from '../../../functions/core/tokens/build-table.ts';
import { createTokenCounter } from '../../../functions/core/tokens/count-tokens.ts';
import { encodingNames } from '../../../functions/core/tokens/encodings.ts';
import { randomText } from './random-text.ts';

const counters = {
  o200k_base: createTokenCounter(buildTokenTable('o200k_base')),
  cl100k_base: createTokenCounter(buildTokenTable('cl100k_base')),
};

/** Takes more than a second and 160 MB to load, hence once for this file. */
const references = { o200k_base: new Tiktoken(o200kRanks), cl100k_base: new Tiktoken(cl100kRanks) };

function assertCountedAsReference(text: string): void {
  for (const encoding of encodingNames) {
    assert.equal(counters[encoding].count(text), references[encoding].encode(text, [], []).length, encoding);
  }
}

test('counts random text as js-tiktoken does', () => {
  fc.assert(fc.property(randomText, assertCountedAsReference), { numRuns: 1_000, seed: 1 });
});

const knownCounts: [text: string, o200k: number, cl100k: number][] = [
  ['', 0, 0],
  ['hello world', 2, 2],
  ['tiktoken is great!', 6, 6],
  ['antidisestablishmentarianism', 6, 6],
  ['2 + 2 = 4', 7, 7],
  ['お誕生日おめでとう', 8, 9],
  ['<|endoftext|>', 7, 7],
];

for (const [text, o200k, cl100k] of knownCounts) {
  test(`counts the tokens of ${JSON.stringify(text)}`, () => {
    assert.equal(counters.o200k_base.count(text), o200k);
    assert.equal(counters.cl100k_base.count(text), cl100k);
    assertCountedAsReference(text);
  });
}

test('counts a lone surrogate as the replacement character', () => {
  for (const text of ['\ud800', 'a\udfffb', '\udc00\ud800']) {
    assertCountedAsReference(text);
    assert.equal(counters.o200k_base.count(text), counters.o200k_base.count(text.toWellFormed()));
  }
});

test('counts special tokens as ordinary text', () => {
  for (const text of ['<|endoftext|>', 'a<|endofprompt|>b', '<|fim_prefix|><|fim_suffix|>']) {
    assertCountedAsReference(text);
    assert.ok(counters.o200k_base.count(text) > 1);
  }
});

test('takes the table as a Uint8Array or as an ArrayBuffer', () => {
  const file = buildTokenTable('cl100k_base');
  assert.equal(createTokenCounter(file.slice().buffer).count('hello world'), 2);
});

/** 200,000 characters each; whatever is quadratic takes hours on them. */
const hostile = {
  'one small letter': () => 'a',
  'one capital letter': () => 'A',
  spaces: () => ' ',
  'line breaks': () => '\n',
  'spaces and line breaks': (i: number) => (i % 2 ? '\n' : ' '),
  'mixed case': (i: number) => (i % 2 ? 'A' : 'a'),
  'capitals behind one mark': (i: number) => (i === 0 ? '\u0301' : 'A'),
  marks: () => '\u0301',
  'marks and capitals': (i: number) => (i % 2 ? 'A' : '\u0301'),
  digits: (i: number) => String(i % 10),
  apostrophes: () => "'",
  contractions: (i: number) => "'lL"[i % 3] as string,
  slashes: () => '/',
  'one ideograph': () => '中',
  'all ideographs': (i: number) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000)),
  emoji: () => '😀',
  'all code points': (i: number) => String.fromCodePoint((i * 7919) % 0x110000),
  'lone surrogates': () => '\udc00',
  'scrambled letters': (i: number) => String.fromCharCode(97 + ((i * i * 31 + (i >> 3)) % 26)),
};

for (const [what, characterAt] of Object.entries(hostile)) {
  test(`counts 200,000 characters of ${what}`, () => {
    const text = Array.from({ length: 200_000 }, (_, i) => characterAt(i)).join('');
    const bytes = Buffer.byteLength(text);
    for (const encoding of encodingNames) {
      const tokens = counters[encoding].count(text);
      assert.ok(tokens >= bytes / 128 && tokens <= bytes, `${tokens} tokens`);
    }
  });
}

test('counts long runs as js-tiktoken would, by the tokens of their runs', () => {
  assert.equal(counters.o200k_base.count('a'.repeat(200_000)), 25_000);
  assert.equal(counters.o200k_base.count(' '.repeat(128 * 1_000)), 1_000);
});
