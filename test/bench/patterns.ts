import { SseSplitter } from '../../functions/core/sse.ts';
import { PatternTooCostly } from '../../functions/policy/patterns/pattern.ts';
import { piiPatterns } from '../../functions/policy/patterns/pii.ts';
import { compileRule, type ReplacementRule, replaceInText } from '../../functions/policy/patterns/replace.ts';
import { StreamTextEditor } from '../../functions/policy/patterns/stream-text-editor.ts';
import { StreamingReplacer } from '../../functions/policy/patterns/streaming-replacer.ts';
import { type BenchRow, row } from './report.ts';

const megabyte = 1_000_000;

const prose = repeatedTo(
  megabyte,
  'The quick brown fox jumps over the lazy dog, 4711 times; mail bob@example.com or call 212-555-0123. ',
);
const letters = 'a'.repeat(megabyte);
const coins = pseudoRandomText(megabyte);

/** What takes engines that try alternatives one after the other, or together for each character, seconds or years. */
const hostile: [what: string, source: string, text: string][] = [
  ['nested counts', '^(?:a{1,20})+$', `${letters}b`],
  ['nested stars', '^(?:(?:a*)*)*c', letters],
  ['optional copies', `${'a?'.repeat(100)}${'a'.repeat(100)}b`, letters],
  ['a look to the end for every match', 'a.*y|a', letters],
  ['long alternatives', `(?:${Array.from({ length: 60 }, (_, at) => 'a'.repeat(at + 1)).join('|')})[b-z]`, letters],
  ['states without end', 'b[ab]{20}a', coins],
  ['states without end, of a long pattern', 'b[ab]{900}a[ab]{900}a', coins],
  ['groups', '(?:(a)|(b))+?c|(?:(a)|(b))', coins],
  ['groups in groups', `${'('.repeat(900)}a${')'.repeat(900)}`, coins],
  ['every character', '(?s).', coins],
  ['hyphens that could begin a key', piiPatterns.api_key as string, 'sk-'.repeat(megabyte / 3)],
];

/** Find and replace on a megabyte, and on streams; CPU time of this process. */
export function patternRows(): BenchRow[] {
  const ten = Object.entries(piiPatterns)
    .filter(([name]) => name !== 'ssn')
    .map(([name, source]) => ruleOf(source, `[${name}]`));
  replaceInText(prose, ten); // warm: a policy's automata are kept
  const rows = [
    row('ten ready-made patterns replaced in 1 MB, each', cpuMsOf(3, () => replaceInText(prose, ten)) / 10, 'ms', 30),
  ];
  const ssn = ruleOf('\\b\\d{3}-\\d{2}-\\d{4}\\b', '***');
  rows.push(
    row(
      'an SSN looked for in 1 MB',
      cpuMsOf(5, () => replaceInText(prose, [ssn])),
      'ms',
      30,
    ),
  );
  const worst = hostile
    .map(([what, source, text]) => ({ what, ms: middleOf(3, () => cpuMsOf(1, () => answerOrRefuse(source, text))) }))
    .reduce((a, b) => (a.ms > b.ms ? a : b));
  rows.push(row(`worst of ${hostile.length} hostile patterns on 1 MB (${worst.what})`, worst.ms, 'ms', 100));
  rows.push(row('a delta of 20 characters through ten patterns', deltaMs(ten), 'ms', 0.1));
  rows.push(row('a chat event through ten patterns as text', eventMs(ten), 'ms', 0.2));
  return rows;
}

/** Compiling the pattern is part of it; the engine's own compiling, once in a process, is not: so the middle counts. */
function answerOrRefuse(source: string, text: string): void {
  try {
    replaceInText(text, [ruleOf(source, '#$1')]);
  } catch (error) {
    if (!(error instanceof PatternTooCostly)) throw error;
  }
}

function deltaMs(rules: ReplacementRule[]): number {
  const replacer = new StreamingReplacer(rules);
  for (let at = 0; at < 2_000; at++) replacer.push('The quick brown fox ');
  return cpuMsOf(10_000, () => replacer.push('The quick brown fox '));
}

function eventMs(rules: ReplacementRule[]): number {
  const editor = new StreamTextEditor('chat-completions', rules);
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const delta = { ...chunk, choices: [{ index: 0, delta: { content: 'The quick brown fox ' }, finish_reason: null }] };
  const [event] = new SseSplitter().push(Buffer.from(`data: ${JSON.stringify(delta)}\n\n`));
  if (!event) throw new Error('the event is not whole');
  for (let at = 0; at < 2_000; at++) editor.push(event);
  return cpuMsOf(10_000, () => editor.push(event));
}

function ruleOf(from: string, to: string): ReplacementRule {
  const compiled = compileRule(from, to);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled.rule.fill([]);
}

function repeatedTo(length: number, part: string): string {
  return part.repeat(Math.ceil(length / part.length)).slice(0, length);
}

function pseudoRandomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 16) & 1 ? 'a' : 'b';
  }).join('');
}

function middleOf(times: number, measure: () => number): number {
  const measured = Array.from({ length: times }, measure).sort((a, b) => a - b);
  return measured[times >> 1] as number;
}

function cpuMsOf(times: number, work: () => unknown): number {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / times;
}

if (import.meta.main) console.table(patternRows());
