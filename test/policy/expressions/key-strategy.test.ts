import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileKeyStrategy, type KeyView } from '../../../functions/policy/expressions/compile-strategy.ts';
import {
  EvaluationError,
  ExpressionError,
  WrongResultError,
} from '../../../functions/policy/expressions/expression-error.ts';
import { seededRandom } from './ai-fixture.ts';

const noErrors = { total: 0, timeout: 0, rate_limit: 0, client: 0, server: 0 };
const noQuota = { remaining_requests: null, remaining_tokens: null, limit_requests: null, limit_tokens: null };

const keys: KeyView[] = [
  {
    id: 'key-1',
    value: 'sk-secret-one',
    quota: { remaining_requests: 0, remaining_tokens: 50, limit_requests: 60, limit_tokens: 1_000 },
    error_rate: { total: 0.5, timeout: 0.1, rate_limit: 0.2, client: 0.05, server: 0.15 },
  },
  { id: 'key-2', value: 'sk-secret-two', quota: noQuota, error_rate: noErrors },
  {
    id: 'key-3',
    value: 'sk-secret-three',
    quota: { remaining_requests: 7, remaining_tokens: 5_000, limit_requests: 60, limit_tokens: 9_000 },
    error_rate: { ...noErrors, total: 0.01, server: 0.01 },
  },
];

function select(source: string, random?: () => number): string[] {
  return compileKeyStrategy(source)
    .select(keys, random)
    .map(key => key.id);
}

const chosen: [expression: string, ids: string[]][] = [
  ['ai.keys', ['key-1', 'key-2', 'key-3']],
  ['ai.keys[1]', ['key-2']],
  ['[ai.keys[2], ai.keys[0], ai.keys[2]]', ['key-3', 'key-1']],
  ["ai.keys.filter(k, k.id == 'key-3')", ['key-3']],
  ["ai.keys.filter(k, k.value.endsWith('-two'))", ['key-2']],
  ['ai.keys.filter(k, k.quota.remaining_requests > 0)', ['key-3']],
  ['ai.keys.filter(k, k.quota.remaining_requests == null || k.quota.remaining_requests > 0)', ['key-2', 'key-3']],
  ['ai.keys.filter(k, k.quota.remaining_tokens < 100)', ['key-1']],
  ['ai.keys.filter(k, k.quota.limit_requests == 60 && k.quota.limit_tokens >= 9000)', ['key-3']],
  ['ai.keys.filter(k, k.error_rate.total < 0.1)', ['key-2', 'key-3']],
  ['ai.keys.filter(k, k.error_rate.timeout > 0)', ['key-1']],
  ['ai.keys.filter(k, k.error_rate.rate_limit < 0.2)', ['key-2', 'key-3']],
  ['ai.keys.filter(k, k.error_rate.client == 0)', ['key-2', 'key-3']],
  ['ai.keys.filter(k, k.error_rate.server == 0.01)', ['key-3']],
  ['ai.keys.sortBy(k, k.error_rate.total)', ['key-2', 'key-3', 'key-1']],
  ['ai.keys.sortBy(k, -k.quota.remaining_tokens)', ['key-3', 'key-1', 'key-2']],
  ['ai.keys.filter(k, k != ai.keys[0])', ['key-2', 'key-3']],
  ['ai.keys.filter(k, false)', []],
  ['ai.keys.filter(k, false).random()', []],
];

for (const [expression, ids] of chosen) {
  test(`${expression} gives ${ids.join(', ') || 'nothing'}`, () => assert.deepEqual(select(expression), ids));
}

test('a strategy gives the keys it was given', () => {
  assert.equal(compileKeyStrategy('ai.keys[0]').select(keys)[0], keys[0]);
});

test('random() and randomize() draw with the given randomness', () => {
  assert.deepEqual(
    select('ai.keys.random()', () => 0.5),
    ['key-2'],
  );
  assert.deepEqual(select('ai.keys.randomize()', seededRandom(3)), select('ai.keys.randomize()', seededRandom(3)));
  const orders = new Set(
    Array.from({ length: 100 }, (_, seed) => select('ai.keys.randomize()', seededRandom(seed * 7_919)).join()),
  );
  assert.equal(orders.size, 6);
  assert.equal(compileKeyStrategy('ai.keys.random()').select(keys).length, 1);
});

const refused: [expression: string, message: string][] = [
  ['ai.models', 'ai has no field "models"; known: keys (line 1, column 4)'],
  [
    'ai.keys.filter(k, k.provider_id == "x")',
    'a key has no field "provider_id"; known: error_rate, id, quota, value (line 1, column 21)',
  ],
  [
    'ai.keys.filter(k, k.quota.remaining > 1)',
    'quota has no field "remaining"; did you mean "remaining_tokens" or "remaining_requests"? (line 1, column 27)',
  ],
  [
    "ai.keys.only(['a'])",
    'there is no function "only"; known: all, bind, bool, contains, double, dyn, endsWith, exists, exists_one, filter, has, indexOf, int, lastIndexOf, lowerAscii, map, matches, random, randomize, size, sortBy, split, startsWith, string, substring, trim, type, uint, upperAscii (line 1, column 1)',
  ],
  ['ai.keys.map(k, k.value)', 'the strategy gives list<string>; it must give a key or a list of keys, such as ai.keys'],
  ['', 'the strategy is empty; write a key or a list of keys, such as ai.keys'],
];

for (const [expression, message] of refused) {
  test(`refuses ${JSON.stringify(expression)}`, () => {
    assert.throws(
      () => compileKeyStrategy(expression),
      error => {
        assert(error instanceof ExpressionError);
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

test('no message holds a key', () => {
  const failing = [
    "{'a': ai.keys}[ai.keys[0].value]",
    "{'a': ai.keys}[ai.keys[0].value.upperAscii()]",
    'bool(ai.keys[0].value) ? ai.keys : []',
    'ai.keys[int(ai.keys[0].value)]',
    'ai.keys.filter(k, k.value.matches(k.value + "("))',
    'ai.keys.filter(k, k.value.substring(100) == "")',
    'dyn(ai.keys[0].value)',
    'dyn(ai.keys.map(k, k.value))',
  ];
  for (const expression of failing) {
    assert.throws(
      () => select(expression),
      error => {
        assert(error instanceof EvaluationError || error instanceof WrongResultError, expression);
        assert(!/secret/i.test(`${error.stack} ${error.cause}`.replaceAll(expression, '')), error.message);
        return true;
      },
      expression,
    );
  }
});
