import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvaluationError } from '../../../functions/policy/expressions/expression-error.ts';
import { withinSteps } from '../../../functions/policy/expressions/meter.ts';
import { compilePattern, patternSize, stepsToCompile } from '../../../functions/policy/expressions/pattern.ts';

function occurs(source: string, text: string): boolean {
  const compiled = compilePattern(source);
  assert('pattern' in compiled, source);
  return withinSteps(() => compiled.pattern.occursIn(text));
}

function problem(source: string): string {
  const compiled = compilePattern(source);
  assert('problem' in compiled, source);
  return compiled.problem;
}

test('a pattern occurs anywhere unless it is anchored', () => {
  assert(occurs('4o', 'gpt-4o-mini'));
  assert(!occurs('^4o', 'gpt-4o-mini'));
  assert(occurs('(?i)GPT', 'gpt-4o'));
  assert(occurs('^\\p{L}+$', 'été'));
  assert(!occurs('[[:digit:]]{3}', 'a12b'));
});

test('what RE2 does not know is refused with the reason', () => {
  for (const source of ['(?=a)', '(?!a)', '(?<=a)', '(a)\\1', 'a++', '(', '[', 'a{2}{3}', '*', '\\']) {
    assert.match(
      problem(source),
      /^the pattern ".*" is not RE2 syntax: .+; RE2 has no look-around and no back-references$/s,
    );
  }
});

test('what is too big is refused before it is compiled', () => {
  assert.equal(problem('a'.repeat(513)), 'a pattern of 513 characters is too long; 512 is the limit');
  assert.match(problem('(abcdefghij){1,100}'), /has 1100 parts with its repetitions written out, and 500 is the limit/);
  assert.match(problem('((a{1,10}){1,10}){1,10}'), /use smaller counts$/);
  assert(occurs('^\\d{3}-\\d{2}-\\d{4}$', '078-05-1120'));
});

test('what a pattern does on a text is counted', () => {
  assert.throws(() => occurs('(a{1,100}){1,2}b', 'a'.repeat(16_000)), EvaluationError);
  assert.throws(() => occurs('b[ab]{14}a', pseudoRandomText(16_000)), /has too many states on a text of 16000/);
});

test('compiling a pattern costs as much as it is big', () => {
  assert.equal(stepsToCompile('abc'), 560);
  assert.equal(stepsToCompile('(abc){9,1000}'), 10_500);
  assert.equal(stepsToCompile('('), 500);
});

const sizes: [source: string, size: number][] = [
  ['', 0],
  ['abc', 3],
  ['\\d\\.\\pL\\p{Greek}\\x{10FFFF}', 5],
  ['[a-z\\]{9}]', 1],
  ['[]{9}]', 1],
  ['[[:alpha:]{9}]{3}', 3],
  ['a{5}b', 6],
  ['a{2,5}', 5],
  ['a{5,}', 6],
  ['a*', 2],
  ['a|b', 3],
  ['(ab){3}', 9],
  ['((ab){2}c){2}', 16],
  ['a{,5}', 5],
  ['(((', 0],
];

for (const [source, size] of sizes)
  test(`the size of ${source || 'nothing'} is ${size}`, () => assert.equal(patternSize(source), size));

/** Letters a and b in no order. */
function pseudoRandomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 16) & 1 ? 'a' : 'b';
  }).join('');
}
