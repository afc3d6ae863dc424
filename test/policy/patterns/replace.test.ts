import assert from 'node:assert/strict';
import { test } from 'node:test';
import { piiPatterns } from '../../../functions/policy/patterns/pii.ts';
import {
  compileRule,
  MatchLog,
  type ReplacementRule,
  replaceInText,
  ruleThatBreaksJson,
} from '../../../functions/policy/patterns/replace.ts';

function rules(...pairs: [from: string, to?: string][]): ReplacementRule[] {
  return pairs.map(([from, to]) => {
    const compiled = compileRule(from, to);
    assert('rule' in compiled, from);
    return compiled.rule.fill([]);
  });
}

test('rules are applied in their order, each to what the one before left', () => {
  const log = new MatchLog();
  assert.equal(replaceInText('a b a', rules(['a', 'bb'], ['b', 'c'], ['cc c', '']), log), ' cc');
  assert.deepEqual(log.matches, [
    { replacement_index: 0, matched_content: 'a' },
    { replacement_index: 0, matched_content: 'a' },
    ...Array(5).fill({ replacement_index: 1, matched_content: 'b' }),
    { replacement_index: 2, matched_content: 'cc c' },
  ]);
});

test('a missing or empty replacement deletes', () => {
  assert.equal(replaceInText('secret: x', rules(['secret: '])), 'x');
  assert.equal(replaceInText('secret: x', rules(['secret: ', ''])), 'x');
});

test('what is kept of the matches is limited', () => {
  const log = new MatchLog();
  replaceInText(`${'x'.repeat(500)} `.repeat(150), rules(['x+', '']), log);
  assert.equal(log.matches.length, 100);
  assert.equal(log.matches[0]?.matched_content.length, 256);
  assert.equal(log.count, 150);
});

test('expressions are named and filled in', () => {
  const compiled = compileRule('(\\d)', '${vars.a}$1${req.method}');
  assert('rule' in compiled);
  assert.deepEqual(compiled.rule.expressions, ['vars.a', 'req.method']);
  assert.equal(replaceInText('7', [compiled.rule.fill(['<', '>'])]), '<7>');
});

test('a rule that cannot be used says why', () => {
  assert.deepEqual(compileRule('(?=a)', ''), {
    problem:
      'the pattern "(?=a)" is not RE2 syntax: "(?=…)" is look-ahead (at character 1); RE2 has no look-around and no back-references',
  });
  assert('problem' in compileRule('a', '${'));
  assert('problem' in compileRule('a', '${b}'));
});

test('only what passes the check of its pattern is replaced', () => {
  const log = new MatchLog();
  const text = '4111 1111 1111 1111, 4111 1111 1111 1112';
  assert.equal(replaceInText(text, rules([piiPatterns.credit_card as string, '#']), log), '#, 4111 1111 1111 1112');
  assert.equal(log.count, 1);
});

const json: [text: string, pairs: [from: string, to: string][], breaks: number | undefined][] = [
  ['{"a":"b"}', [['b', 'c']], undefined],
  [
    '{"a":"b"}',
    [
      ['b', 'c'],
      ['c', '"'],
      ['x', 'y'],
    ],
    1,
  ],
  [
    '{"a":"b"}',
    [
      ['b', '"'],
      [':""', ':"'],
    ],
    undefined,
  ],
  [
    '{"a":"b"}',
    [
      ['b', '"'],
      [':""', ':"'],
      ['\\{', ''],
    ],
    2,
  ],
  ['not json', [['n', '"']], undefined],
  ['{"a":"b\\n"}', [['\\\\', '']], undefined],
];

for (const [text, pairs, breaks] of json) {
  test(`${JSON.stringify(pairs)} ${breaks === undefined ? 'leave' : 'break'} ${text}`, () => {
    assert.equal(ruleThatBreaksJson(text, rules(...pairs)), breaks);
  });
}
