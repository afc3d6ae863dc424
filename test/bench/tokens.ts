import { readdirSync, readFileSync } from 'node:fs';
import { Tiktoken } from 'js-tiktoken/lite';
import o200kRanks from 'js-tiktoken/ranks/o200k_base';
import { createTokenCounter, type TokenCounter } from '../../functions/core/tokens/count-tokens.ts';
import { type EncodingName, encodingNames } from '../../functions/core/tokens/encodings.ts';
import { loadTokenTable } from '../../functions/gateway/token-tables.ts';
import type { BenchRow } from './report.ts';

const megabyte = 2 ** 20;
const loadBudgetMs = 10;
const countBudgetMs = 1_000;

/** The same numbers in [0, 1) on every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = createRandom(1);

function pick<Item>(items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

function between(first: number, last: number): number {
  return first + Math.floor(random() * (last - first + 1));
}

/** Text of at least a megabyte of UTF-8 from parts. */
function megabyteOf(nextPart: () => string): string {
  const parts: string[] = [];
  for (let bytes = 0; bytes < megabyte; ) {
    const part = nextPart();
    parts.push(part);
    bytes += Buffer.byteLength(part);
  }
  return parts.join('');
}

const words =
  `the of and to in that it was his with as had for at by but from they which or we an were been have their would there
  what when who will more if out so about into than them only other time new some could these two may then first any
  great man such little before through still place years world where because same without another government between
  understanding water thought country something question different international themselves development Parliament
  however, although, London. English, morning, character; presidential don't couldn't it's "quoted" (aside) 1914 25,000`.split(
    /\s+/,
  );
const sourceDirectory = new URL('../../functions/core/tokens/', import.meta.url);
const sources = readdirSync(sourceDirectory).map(name => readFileSync(new URL(name, sourceDirectory), 'utf8'));

function ideographs(length: number): string {
  return Array.from({ length }, () => String.fromCodePoint(between(0x4e00, 0x9fa5))).join('');
}

const ordinary: [what: string, nextPart: () => string][] = [
  ['English', () => `${pick(words)} `],
  ['code', () => pick(sources)],
  ['Chinese, in sentences', () => `${ideographs(between(4, 20))}${pick(['，', '。'])}`],
];

const hostile: [what: string, nextPart: () => string][] = [
  ['one letter', () => 'a'],
  ['one capital letter', () => 'A'],
  ['spaces', () => ' '],
  ['line breaks', () => '\n'],
  ['spaces and line breaks', () => ' \n'],
  ['one ideograph', () => '中'],
  ['ideographs without a break', () => ideographs(100)],
  ['one emoji', () => '😀'],
  ['emoji', () => String.fromCodePoint(between(0x1f300, 0x1f5ff))],
  ['random bytes as Latin-1', () => String.fromCharCode(between(0, 255))],
  ['random code points', () => String.fromCodePoint(between(0, 0x10ffff))],
  ['random code units', () => String.fromCharCode(between(0, 0xffff))],
  ['random small letters', () => String.fromCharCode(between(97, 122))],
  ['random mixed case', () => String.fromCharCode(between(97, 122) - pick([0, 32]))],
  ['digits', () => String(between(0, 9))],
  ['apostrophes', () => "'"],
  ['punctuation', () => pick(['!', '#', '(', ')', '*', '-', '.', '/', '=', '_', '{', '}'])],
  ['combining marks', () => '\u0301'],
];

function elapsedMs(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

function benchLoad(encoding: EncodingName): { row: BenchRow; counter: TokenCounter } {
  let counter: TokenCounter | undefined;
  const loadMs = elapsedMs(() => {
    counter = createTokenCounter(loadTokenTable(encoding));
  });
  const measured = `${loadMs.toFixed(1)} ms`;
  const row = { what: `load ${encoding}`, measured, budget: `≤ ${loadBudgetMs} ms`, ok: loadMs <= loadBudgetMs };
  return { row, counter: counter as TokenCounter };
}

function benchCount(what: string, text: string, counters: Record<EncodingName, TokenCounter>): BenchRow {
  const times = encodingNames.map(encoding => ({ encoding, ms: elapsedMs(() => counters[encoding].count(text)) }));
  const slowestMs = Math.max(...times.map(({ ms }) => ms));
  return {
    what: `count 1 MB: ${what}`,
    measured: times.map(({ encoding, ms }) => `${encoding} ${ms.toFixed(0)} ms`).join(', '),
    budget: `≤ ${countBudgetMs} ms`,
    ok: slowestMs <= countBudgetMs,
  };
}

/** js-tiktoken beside us on 20 KB of each ordinary text, which is as much as it can take of Chinese in sentences. */
function benchReference(counter: TokenCounter): BenchRow[] {
  let reference: Tiktoken | undefined;
  const loadMs = elapsedMs(() => {
    reference = new Tiktoken(o200kRanks);
  });
  const rows: BenchRow[] = [
    { what: 'load js-tiktoken o200k_base', measured: `${loadMs.toFixed(0)} ms`, budget: '–', ok: undefined },
  ];
  for (const [what, nextPart] of ordinary) {
    const text = megabyteOf(nextPart).slice(0, 20_000);
    let expected = 0;
    let found = 0;
    const referenceMs = elapsedMs(() => {
      expected = (reference as Tiktoken).encode(text, [], []).length;
    });
    const ms = elapsedMs(() => {
      found = counter.count(text);
    });
    const measured = `${found} tokens in ${ms.toFixed(1)} ms; ${expected} in ${referenceMs.toFixed(1)} ms`;
    rows.push({ what: `ours; js-tiktoken: ${what}`, measured, budget: 'equal counts', ok: found === expected });
  }
  return rows;
}

/** Loading the tables, counting a megabyte of ordinary and of hostile text, and js-tiktoken for comparison. */
export async function benchTokens(): Promise<BenchRow[]> {
  const o200k = benchLoad('o200k_base');
  const cl100k = benchLoad('cl100k_base');
  const counters = { o200k_base: o200k.counter, cl100k_base: cl100k.counter };
  const counts = [...ordinary, ...hostile].map(([what, nextPart]) => benchCount(what, megabyteOf(nextPart), counters));
  return [o200k.row, cl100k.row, ...counts, ...benchReference(o200k.counter)];
}

if (import.meta.main) {
  const rows = await benchTokens();
  console.table(rows);
  if (rows.some(({ ok }) => ok === false)) process.exitCode = 1;
}
