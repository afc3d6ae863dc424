import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern, type Pattern, type Replacement } from '../../../functions/policy/patterns/pattern.ts';
import { piiPatterns } from '../../../functions/policy/patterns/pii.ts';
import {
  compileRule,
  MatchLog,
  type ReplacementRule,
  replaceInText,
} from '../../../functions/policy/patterns/replace.ts';
import { StreamingReplacer, streamProblem, windowMax } from '../../../functions/policy/patterns/streaming-replacer.ts';
import { patternOf } from './pattern-of.ts';
import { boundedPattern } from './random-pattern.ts';

const ssn = '\\b\\d{3}-\\d{2}-\\d{4}\\b';

function ruleOf(from: string, to: string): ReplacementRule {
  const compiled = compileRule(from, to);
  assert('rule' in compiled, from);
  return compiled.rule.fill([]);
}

test('a match is found however the text is cut', () => {
  const text = 'my 😀 number is 078-05-1120, or 078-05-11201 (😀)';
  const rules = [ruleOf(ssn, '[$0]'), ruleOf('😀', '😁')];
  const whole = replaceInText(text, rules);
  assert.equal(whole, 'my 😁 number is [078-05-1120], or 078-05-11201 (😁)');
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      const replacer = new StreamingReplacer(rules);
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      assert.equal(pieces.map(piece => replacer.push(piece)).join('') + replacer.end(), whole, `${first}, ${second}`);
    }
  }
});

/** What is passed on after each piece; what is missing is held. */
const passed: [what: string, from: string, pieces: [push: string, passed: string][], end: string][] = [
  [
    'text without a match passes at once',
    ssn,
    [
      ['Hello ', 'Hello '],
      ['world.', 'world.'],
    ],
    '',
  ],
  [
    'the beginning of a match is held',
    ssn,
    [
      ['is 07', 'is '],
      ['8-05', ''],
      ['-112', ''],
      ['0', ''],
      ['.', '#.'],
    ],
    '',
  ],
  [
    'what becomes no match is let go',
    ssn,
    [
      ['is 078-', 'is '],
      ['06', ''],
      ['x', '078-06x'],
    ],
    '',
  ],
  [
    'only the possible part is held',
    ssn,
    [
      ['078-078', '078-'],
      ['-', ''],
      ['05-1120 ', '# '],
    ],
    '',
  ],
  ['a match at the very end is decided by the end', ssn, [['078-05-1120', '']], '#'],
  [
    'a number within a word is no beginning',
    ssn,
    [
      ['x07', 'x07'],
      ['8', '8'],
    ],
    '',
  ],
  [
    'a match that cannot change passes at once',
    'abc',
    [
      ['xab', 'x'],
      ['c', '#'],
    ],
    '',
  ],
  [
    'a longer match is waited for',
    'ab?',
    [
      ['a', ''],
      ['b', '#'],
      ['a', ''],
    ],
    '#',
  ],
  [
    'a lazy one is not',
    'ab??',
    [
      ['a', '#'],
      ['b', 'b'],
    ],
    '',
  ],
  [
    'the end of a line is waited for',
    '(?m)a$',
    [
      ['a', ''],
      ['\n', '#\n'],
      ['a', ''],
      ['b', 'ab'],
    ],
    '',
  ],
  [
    'half a character is held',
    'x',
    [
      ['a\ud83d', 'a'],
      ['\ude00', '😀'],
    ],
    '',
  ],
  ['half a character at the end comes out', 'x', [['a\ud83d', 'a']], '\ud83d'],
  [
    'the beginning of the text is its beginning',
    '^a',
    [
      ['', ''],
      ['a', '#'],
      ['a', 'a'],
    ],
    '',
  ],
  [
    'a boundary looks at what has passed',
    '\\bb',
    [
      ['a', 'a'],
      ['b', 'b'],
      [' ', ' '],
      ['b', '#'],
    ],
    '',
  ],
  [
    'an empty match comes between characters',
    '',
    [
      ['ab', '#a#b#'],
      ['c', 'c#'],
    ],
    '',
  ],
];

for (const [what, from, pieces, end] of passed) {
  test(what, () => {
    const replacer = new StreamingReplacer([ruleOf(from, '#')]);
    for (const [push, expected] of pieces) assert.equal(replacer.push(push), expected, push);
    assert.equal(replacer.end(), end);
  });
}

test('patterns without a limit, or with too high a one, are refused with a remedy', () => {
  assert.equal(
    streamProblem(patternOf('\\d+')),
    'the pattern "\\d+" can match a text of any length, and a stream cannot be held back for it; give its repetitions upper limits, such as {1,64} in place of +',
  );
  assert.equal(
    streamProblem(patternOf('a{257}')),
    'the pattern "a{257}" can match up to 257 characters, and a stream is held back for 256 at most; give its repetitions upper limits, such as {1,64} in place of +',
  );
  assert.equal(streamProblem(patternOf(`a{${windowMax}}`)), undefined);
});

test('no more is held than the longest match, even on texts made for it', () => {
  const rule = ruleOf('(?:a{1,16}b?){1,15}c', '');
  const replacer = new StreamingReplacer([rule]);
  const lengthMax = rule.pattern.lengthMax as number;
  let heldMax = 0;
  for (let at = 0; at < 1_000; at++) {
    replacer.push('aab');
    heldMax = Math.max(heldMax, replacer.heldLength);
  }
  assert(heldMax > 10 && heldMax <= lengthMax, `${heldMax}`);
});

test('matches are noted once', () => {
  const log = new MatchLog();
  const replacer = new StreamingReplacer([ruleOf(ssn, ''), ruleOf('x', '')], log);
  for (const character of '078-05-1120 x 078-05-1120') replacer.push(character);
  replacer.end();
  assert.deepEqual(
    log.matches.map(({ replacement_index }) => replacement_index),
    [0, 1, 0],
  );
});

test('ready-made patterns find in pieces what they find in the whole', () => {
  const text =
    'bob@example.com 078-05-1120 (212) 555-0123 4111 1111 1111 1111 12/25 DE89 3704 0044 0532 0130 00 BIC fe80::1, ' +
    '10.0.0.1 sk-proj-abcDEF1234567890abcDEF1234567890 1234 4111 1111 1111 1111 +49 30 123456';
  for (const [name, source] of Object.entries(piiPatterns)) {
    const rule = ruleOf(source, `[${name}]`);
    const whole = replaceInText(text, [rule]);
    assert.notEqual(whole, text, name);
    for (const size of [1, 2, 3, 7]) {
      const replacer = new StreamingReplacer([rule]);
      let result = '';
      for (let at = 0; at < text.length; at += size) result += replacer.push(text.slice(at, at + size));
      assert.equal(result + replacer.end(), whole, `${name} in pieces of ${size}`);
    }
  }
});

/** Small and quick: fast-check makes the patterns and the seed, this the many texts and cuts. */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 1;
  }

  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }
}

const units = [...'aaaabbbcAB1-_ \n', 'é', 'k', 'ß', '\ud83d', '\ude00', '😀', '😁', '\u212a'];

function randomTextOf(dice: Dice): string {
  return Array.from({ length: dice.below(20) }, () => units[dice.below(units.length)]).join('');
}

function randomPieces(text: string, dice: Dice): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = dice.below(5);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

function usable(source: string): Pattern | undefined {
  const compiled = compilePattern(source);
  return 'pattern' in compiled && streamProblem(compiled.pattern) === undefined ? compiled.pattern : undefined;
}

test('over 100,000 random patterns, texts and cuts: the pieces give what the whole gives', () => {
  let triples = 0;
  const replacements: Replacement[] = [['#'], ['<', 1, '>'], [], ['a', 0], ['\ude00', 1, '\ud83d']];
  fc.assert(
    fc.property(fc.array(boundedPattern, { minLength: 1, maxLength: 3 }), fc.integer(), (sources, seed) => {
      const dice = new Dice(seed);
      const patterns = sources.map(usable).filter(pattern => pattern !== undefined);
      const rules = patterns.map((pattern): ReplacementRule => {
        const replacement = (replacements[dice.below(replacements.length)] as Replacement).filter(
          piece => typeof piece === 'string' || piece <= pattern.groupCount,
        );
        const isChecked = dice.below(4) === 0;
        return { pattern, replacement, ...(isChecked && { check: match => match.length % 2 === 0 }) };
      });
      // half a character may be held besides
      const heldMax = patterns.reduce((sum, pattern) => sum + (pattern.lengthMax as number) + 1, 0);
      for (let round = 0; round < 24; round++) {
        const text = randomTextOf(dice);
        const whole = replaceInText(text, rules);
        for (let cut = 0; cut < 6; cut++) {
          const replacer = new StreamingReplacer(rules);
          let result = '';
          for (const piece of randomPieces(text, dice)) {
            result += replacer.push(piece);
            assert(replacer.heldLength <= heldMax, `${replacer.heldLength} held`);
          }
          assert.equal(result + replacer.end(), whole, JSON.stringify([sources, text]));
          triples++;
        }
      }
    }),
    { numRuns: 700 },
  );
  assert(triples >= 100_000);
});
