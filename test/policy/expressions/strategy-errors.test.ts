import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileModelStrategy } from '../../../functions/policy/expressions/compile-strategy.ts';
import {
  EvaluationError,
  ExpressionError,
  type ExpressionErrorKind,
  WrongResultError,
} from '../../../functions/policy/expressions/expression-error.ts';
import { select } from './ai-fixture.ts';

const mustGive = 'it must give a model or a list of models, such as ai.models';
const modelFields =
  'author_id, author_id_aliases, custom, data_retention_days, data_retention_policy, data_training_policy, datacenters, description, display_name, id, id_aliases, input_modalities, known, max_context_window, max_output_tokens, metadata, metrics, output_modalities, parameter_count, pricing, provider_id, provider_id_aliases, quantization, supported_features';
const convert = 'cannot be computed; use values of one type, or convert with string(), int() or double()';

const refused: [expression: string, kind: ExpressionErrorKind, message: string][] = [
  // what does not exist
  ['ai.model', 'type', 'ai has no field "model"; did you mean "models"? (line 1, column 4)'],
  ['ai.keys', 'type', 'ai has no field "keys"; known: authors, models, providers (line 1, column 4)'],
  ['ai.models.filter(m, m.nosuch)', 'type', `a model has no field "nosuch"; known: ${modelFields} (line 1, column 23)`],
  ["ai.models.filter(m, m['kown'])", 'type', 'a model has no field "kown"; did you mean "known"? (line 1, column 21)'],
  [
    'ai.models.filter(m,\n  m.provider == "x")',
    'type',
    'a model has no field "provider"; did you mean "provider_id" or "provider_id_aliases"? (line 2, column 5)',
  ],
  [
    'ai.models.filter(m, has(m.nosuch))',
    'type',
    `a model has no field "nosuch"; known: ${modelFields} (line 1, column 27)`,
  ],
  [
    'ai.models.filter(m, m.metrics.globl.request_count > 0)',
    'type',
    'metrics has no field "globl"; did you mean "global"? (line 1, column 31)',
  ],
  [
    'ai.models.filter(m, m.pricing.text.inputs > 0)',
    'type',
    'pricing.text has no field "inputs"; did you mean "input"? (line 1, column 36)',
  ],
  [
    'ai.providers[0].models',
    'type',
    'a provider has no field "models"; known: display_name, id, id_aliases, metadata (line 1, column 17)',
  ],
  [
    'models',
    'type',
    'there is no variable "models" here; known: ai, and what a loop such as filter(m, …) names (line 1, column 1)',
  ],
  [
    'ai.models.filter(m, n.known)',
    'type',
    'there is no variable "n" here; known: ai, and what a loop such as filter(m, …) names (line 1, column 21)',
  ],
  ['ai.models.filtr(m, m.known)', 'type', 'there is no function "filtr"; did you mean "filter"? (line 1, column 1)'],
  [
    "ai.models.filter(m, timestamp('2025-01-01T00:00:00Z') < now)",
    'type',
    'there is no function "timestamp"; known: all, bind, bool, contains, double, dyn, endsWith, exists, exists_one, filter, get, getMetadata, getModel, has, ignore, ignoreAuthors, ignoreProviders, inCountryCode, inRegion, indexOf, int, lastIndexOf, lowerAscii, map, matches, only, onlyAuthors, onlyProviders, random, randomize, size, sortBy, split, startsWith, string, substring, trim, type, uint, underCost, upperAscii (line 1, column 21)',
  ],
  [
    "ai.models.sortBy('latency')",
    'type',
    'sortBy knows no field "latency"; write sortBy(\'price\'), or an expression as in sortBy(m, m.pricing.output) (line 1, column 18)',
  ],
  [
    "ai.models.underCost('text.inptu', 1)",
    'type',
    'underCost knows no price "text.inptu"; did you mean "text.input"? (line 1, column 21)',
  ],
  [
    'ai.models.filter(m, has(m.metadata.x.y) && has(m.metrcs.x))',
    'type',
    'a model has no field "metrcs"; did you mean "metrics"? (line 1, column 50)',
  ],
  ['ai.models.filter(m, has(m))', 'type', 'has() takes a field, as in has(m.metadata.tier) (line 1, column 25)'],
  [
    'ai.models.filter(m, has(m.id, m.id))',
    'type',
    '"has(string, string)" is not how "has" is called; write has(expression) (line 1, column 21)',
  ],
  // what does not fit
  ['"gpt-4o"', 'type', `the strategy gives string; ${mustGive}`],
  ['true', 'type', `the strategy gives bool; ${mustGive}`],
  ['ai', 'type', `the strategy gives AiModels; ${mustGive}`],
  ['ai.providers', 'type', `the strategy gives list<Provider>; ${mustGive}`],
  ['ai.models.map(m, m.id)', 'type', `the strategy gives list<string>; ${mustGive}`],
  ['ai.models[0].metadata', 'type', `the strategy gives map<string, dyn>; ${mustGive}`],
  [
    "ai.models.only('gpt-4o')",
    'type',
    '"list<Model>.only(string)" is not how "only" is called; write list<Model>.only(list<string>) or list<Provider>.only(list<string>) or list<Author>.only(list<string>) (line 1, column 1)',
  ],
  [
    "ai.providers.onlyProviders(['x'])",
    'type',
    '"list<Provider>.onlyProviders(list<string>)" is not how "onlyProviders" is called; write list<Model>.onlyProviders(list<string>) (line 1, column 1)',
  ],
  [
    "ai.models.get('openai')",
    'type',
    '"list<Model>.get(string)" is not how "get" is called; write list<Provider>.get(string) or list<Author>.get(string) or list<Model>.get(string, string) (line 1, column 1)',
  ],
  [
    'ai.models.random(1)',
    'type',
    '"list<Model>.random(int)" is not how "random" is called; write list<Model>.random() or list<Provider>.random() or list<Author>.random() (line 1, column 1)',
  ],
  ['ai.models.filter(m, m.id == 1)', 'type', `"string == int" ${convert} (line 1, column 21)`],
  ['ai.models.filter(m, !m.id)', 'type', `"!string" ${convert} (line 1, column 21)`],
  [
    'ai.models.filter(m, m.id)',
    'type',
    "filter(var, predicate) predicate must return bool, got 'string' (line 1, column 23)",
  ],
  ['ai.models[0].id ? ai.models : []', 'type', "ternary condition must be bool, got 'string' (line 1, column 14)"],
  [
    'true ? ai.models : ai.models[0]',
    'type',
    "ternary branches must have the same type, got 'list<Model>' and 'Model' (line 1, column 1)",
  ],
  ["ai.models['x']", 'type', "list index must be int, got 'string' (line 1, column 1)"],
  [
    "ai.models.only(['a', 1])",
    'type',
    "list elements must have the same type, expected type 'string' but found 'int' (line 1, column 22)",
  ],
  [
    'ai.models.sortBy(m, m.metrics)',
    'type',
    'sortBy sorts by a number, a string or a bool, not by Metrics (line 1, column 21)',
  ],
  ['ai.models[0].sortBy(m, m.id)', 'type', 'sortBy works on a list, not on Model (line 1, column 1)'],
  [
    "ai.models.filter(m, m.known.matches('x'))",
    'type',
    'matches works on a string and a pattern that is a string, not on bool (line 1, column 21)',
  ],
  [
    '[][0] + 1.5',
    'type',
    'an operand has no type, which only elements of an empty list or map have; write a value there',
  ],
  // what is not CEL
  ['', 'syntax', 'the strategy is empty; write a model or a list of models, such as ai.models'],
  ['  \n ', 'syntax', 'the strategy is empty; write a model or a list of models, such as ai.models'],
  ['ai.models.filter(m, m.known', 'syntax', 'expected ")", got the end (line 1, column 28)'],
  ['ai.', 'syntax', 'expected a name, got the end (line 1, column 4)'],
  ['ai.models.filter(m m.known)', 'syntax', 'expected ")", got a name (line 1, column 20)'],
  ['ai.models ai', 'syntax', "unexpected character: 'i' (line 1, column 11)"],
  [
    'ai.models.filter(1, true)',
    'syntax',
    'the first argument must be a name for the element, as in filter(m, m.known) (line 1, column 18)',
  ],
  [
    'ai.models.sortBy(m.id, m.id)',
    'syntax',
    'the first argument must be a name for the element, as in sortBy(m, m.id) (line 1, column 18)',
  ],
  ["ai.models.only(['a)", 'syntax', 'unterminated string (line 1, column 17)'],
  ['ai.models.filter(for, true)', 'syntax', '"for" is a reserved word; use another name (line 1, column 18)'],
  [
    'ai.models[9223372036854775809]',
    'syntax',
    'the number is too big for an int; the limit is 2^63 - 1 (line 1, column 11)',
  ],
  ['ai.models.filter(m, m.id = "x")', 'syntax', 'unexpected character: = (line 1, column 26)'],
  // patterns
  [
    "ai.models.filter(m, m.id.matches('(?=gpt)'))",
    'regex',
    'the pattern "(?=gpt)" is not RE2 syntax: "(?=…)" is look-ahead (at character 1); RE2 has no look-around and no back-references (line 1, column 34)',
  ],
  [
    "ai.models.filter(m, m.id.matches(r'(a)\\1'))",
    'regex',
    'the pattern "(a)\\1" is not RE2 syntax: "\\1" refers back to a group (at character 4); RE2 has no look-around and no back-references (line 1, column 34)',
  ],
  [
    "ai.models.filter(m, m.id.matches('(a{1,100}){1,9}'))",
    'regex',
    'the pattern "(a{1,100}){1,9}" has 909 parts with its repetitions written out, and 500 is the limit; use smaller counts (line 1, column 34)',
  ],
];

for (const [expression, kind, message] of refused) {
  test(`refuses ${JSON.stringify(expression)}`, () => {
    assert.throws(
      () => compileModelStrategy(expression),
      error => {
        assert(error instanceof ExpressionError);
        assert.deepEqual([error.kind, error.message], [kind, message]);
        return true;
      },
    );
  });
}

const failing: [expression: string, message: string][] = [
  ['ai.models[5]', 'No such element: index 5 is outside the list'],
  ['ai.models[-1]', 'No such element: index -1 is outside the list'],
  ["ai.models.filter(m, m.provider_id == 'nobody')[0]", 'No such element: index 0 is outside the list'],
  ["ai.models.filter(m, m.metrics.api_keys['sk-abc'].request_count > 0)", 'No such key: sk-abc'],
  ["{'a': ai.models}['b']", 'No such key: b'],
  ["{'a': ai.models}['b' + 'c']", 'No such key'],
  ["ai.models.get('openai', 'gpt-9')", 'No such model: "openai:gpt-9"'],
  ["ai.models.get('nobody', 'gpt-big')", 'No such model: "nobody:gpt-big"'],
  ["ai.providers.get('home').getModel('gpt-big')", 'No such model: "home:gpt-big"'],
  ["[ai.providers.get('nobody').getModel('x')]", 'No such provider: "nobody"'],
  ["ai.authors.get('nobody').id == '' ? [] : ai.models", 'No such author: "nobody"'],
  ['ai.models[1 / 0]', 'division by zero'],
  ['ai.models[9223372036854775807 + 1]', 'a whole number became bigger than an int can be'],
  ['bool(ai.models[0].id) ? [] : ai.models', 'bool() reads "true" and "false" only'],
  ['ai.models[int(ai.models[0].id)]', 'int() type error: cannot convert to int'],
  [
    "ai.models.sortBy('pri' + 'ze')",
    'sortBy knows no field "prize"; write sortBy(\'price\'), or an expression as in sortBy(m, m.pricing.output)',
  ],
  [
    "ai.models.underCost('text.' + 'in', 1)",
    'underCost knows no price "text.in"; did you mean "text.input" or "text.input_batch" or "text.input_cache_read"?',
  ],
  ["ai.models.sortBy(m, m.known ? dyn(1) : dyn('x'))", 'sortBy was given keys of several types: number, string'],
  ['ai.models.sortBy(m, dyn(m.metadata))', 'sortBy sorts by numbers, strings or bools'],
  ["ai.models.filter(m, m.id.matches('(' + m.id))", 'matches was given a pattern that is not RE2 syntax, or too big'],
  ["ai.models.filter(m, dyn(1).matches('1'))", 'matches works on a string and a pattern that is a string'],
  ["ai.models.filter(m, m.metadata.region + 1 == 'x')", 'no such overload: dyn<string> + int'],
];

for (const [expression, message] of failing) {
  test(`fails at run time: ${expression}`, () => assert.throws(() => select(expression), new EvaluationError(message)));
}

const wrong: [expression: string, given: string][] = [
  ["dyn('x')", 'string'],
  ['dyn(1)', 'int'],
  ['dyn(1.5)', 'double'],
  ['dyn(true)', 'bool'],
  ['dyn(2u)', 'uint'],
  ['dyn(ai.models[0].metadata)', 'map'],
  ['dyn(ai.providers[0])', 'Provider'],
  ["ai.models.map(m, m.getMetadata('region'))", 'list of string and null'],
  ['dyn([ai.models])', 'list of list'],
];

for (const [expression, given] of wrong) {
  test(`${expression} gives something else than models`, () => {
    const message = `the strategy "${expression}" gave ${given}; ${mustGive}`;
    assert.throws(() => select(expression), new WrongResultError(message));
  });
}
