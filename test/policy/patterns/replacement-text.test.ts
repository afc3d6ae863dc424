import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fillReplacement,
  groupProblem,
  parseReplacementText,
  type ReplacementPart,
} from '../../../functions/policy/patterns/replacement-text.ts';
import { patternOf } from './pattern-of.ts';

function partsOf(source: string): ReplacementPart[] {
  const parsed = parseReplacementText(source);
  assert('parts' in parsed, source);
  return parsed.parts;
}

const table: [source: string, parts: ReplacementPart[]][] = [
  ['', []],
  ['plain', [{ text: 'plain' }]],
  ['a$1b', [{ text: 'a' }, { group: 1 }, { text: 'b' }]],
  ['${1}0', [{ group: 1 }, { text: '0' }]],
  ['$10', [{ group: 10 }]],
  ['$1x', [{ group: 1 }, { text: 'x' }]],
  ['${year}', [{ group: 'year' }]],
  ['$year.', [{ group: 'year', orText: '$year' }, { text: '.' }]],
  ['$$1 $$${2} $${3}', [{ text: '$1 $' }, { group: 2 }, { text: ' ${3}' }]],
  ['$ $- 5$', [{ text: '$ $- 5$' }]],
  ['${vars}', [{ expression: 'vars' }]],
  ['${vars.x}', [{ expression: 'vars.x' }]],
  ['${ year }', [{ group: 'year' }]],
  ['${"}"} ${{"a": 1}.a}', [{ expression: '"}"' }, { text: ' ' }, { expression: '{"a": 1}.a' }]],
  ['${true}${1 + 1}', [{ expression: 'true' }, { expression: '1 + 1' }]],
  ['\\1 &', [{ text: '\\1 &' }]],
];

for (const [source, parts] of table)
  test(`takes ${source || 'nothing'} apart`, () => assert.deepEqual(partsOf(source), parts));

test('what cannot be read is refused', () => {
  assert.deepEqual(parseReplacementText('a ${vars.x'), {
    problem: '"${" is never closed by "}"; write "$${" for the characters themselves',
  });
  assert.deepEqual(parseReplacementText('${vars.x}'.repeat(33)), {
    problem: 'a replacement can hold 32 expressions; split it',
  });
});

test('a group that the pattern does not have is refused by name and empty by number', () => {
  const pattern = patternOf('(?P<year>\\d+)-(?P<month>\\d+)');
  assert.equal(
    groupProblem(partsOf('${yaer}'), pattern),
    '"${yaer}" is neither a variable nor a group of the pattern; its groups are year, month',
  );
  assert.equal(
    groupProblem(partsOf('${x}'), patternOf('(a)')),
    '"${x}" is neither a variable nor a group of the pattern; none of its groups has a name',
  );
  assert.equal(groupProblem(partsOf('$usd ${9} $9 ${month}'), pattern), undefined);
  assert.deepEqual(fillReplacement(partsOf('$usd|${9}|${month}|$year|$0'), pattern, []), [
    '$usd',
    '|',
    '',
    '|',
    2,
    '|',
    1,
    '|',
    0,
  ]);
});

test('values of expressions are not read again', () => {
  const pattern = patternOf('(a)');
  const filled = fillReplacement(partsOf('${vars.x}-$1-${vars.y}'), pattern, ['$1', '${1}']);
  assert.equal(pattern.replaceAll('a', filled), '$1-a-${1}');
});
