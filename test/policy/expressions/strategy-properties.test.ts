import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Model } from '../../../functions/core/catalog/catalog.ts';
import { compileModelStrategy } from '../../../functions/policy/expressions/compile-strategy.ts';
import {
  EvaluationError,
  ExpressionError,
  WrongResultError,
} from '../../../functions/policy/expressions/expression-error.ts';
import { aiModels, catalog, seededRandom, withLatency } from './ai-fixture.ts';

/** A condition on a model in CEL, and the same in JavaScript. */
interface Condition {
  cel: string;
  holds(model: Model): boolean;
}

const latencies = new WeakMap<Model, number>();
const latencyOf = (model: Model) => latencies.get(model) ?? 0;
const usd = (nanoUsd: bigint | undefined) => (nanoUsd === undefined ? null : Number(nanoUsd) / 1e9);

const numbers: Record<string, (model: Model) => number | null> = {
  'm.max_context_window': model => model.contextWindow,
  'm.pricing.input': model => usd(model.price?.input),
  'm.pricing.text.output': model => usd(model.price?.output),
  'm.metrics.global.latency.upstream_ms_avg': latencyOf,
  'size(m.id_aliases)': model => model.aliases.length,
  'size(m.id)': model => model.id.length,
};

const comparisons: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
};

const amount = fc.oneof(
  fc.nat(20),
  fc.nat(1_000_000),
  fc.nat(400).map(cents => cents / 100),
);

const comparison = fc
  .tuple(fc.constantFrom(...Object.keys(numbers)), fc.constantFrom(...Object.keys(comparisons)), amount)
  .map(([field, operator, limit]): Condition => {
    const literal = field.startsWith('size') ? String(Math.floor(limit)) : String(limit);
    return {
      cel: `${field} ${operator} ${literal}`,
      holds(model) {
        const value = numbers[field]?.(model) ?? null;
        return value !== null && (comparisons[operator]?.(value, Number(literal)) ?? false);
      },
    };
  });

const providerIds = ['openai', 'anthropic', 'home'];

const facts = fc.oneof(
  fc.constantFrom<Condition>(
    { cel: 'm.known', holds: model => model.known !== false },
    { cel: 'm.custom', holds: model => model.custom === true },
    { cel: "'vision' in m.supported_features", holds: model => model.features.includes('vision') },
    {
      cel: 'm.id_aliases.exists(a, a.endsWith("1"))',
      holds: model => model.aliases.some(alias => alias.endsWith('1')),
    },
    { cel: 'm.id_aliases.all(a, a.size() > 3)', holds: model => model.aliases.every(alias => alias.length > 3) },
    { cel: "m.id.matches('[02468]$')", holds: model => /[02468]$/.test(model.id) },
    { cel: "m.metadata.tier == 'gold'", holds: model => model.metadata?.tier === 'gold' },
    { cel: 'has(m.metadata.tier)', holds: model => model.metadata?.tier !== undefined },
  ),
  fc.subarray(providerIds).map(
    (ids): Condition => ({
      cel: `m.provider_id in [${ids.map(id => `'${id}'`)}]`,
      holds: model => ids.includes(model.providerId),
    }),
  ),
);

const { condition } = fc.letrec<{ condition: Condition }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    comparison,
    facts,
    tie('condition').map(({ cel, holds }): Condition => ({ cel: `!(${cel})`, holds: model => !holds(model) })),
    fc
      .tuple(tie('condition'), tie('condition'))
      .map(
        ([a, b]): Condition => ({ cel: `(${a.cel} && ${b.cel})`, holds: model => a.holds(model) && b.holds(model) }),
      ),
    fc
      .tuple(tie('condition'), tie('condition'))
      .map(
        ([a, b]): Condition => ({ cel: `(${a.cel} || ${b.cel})`, holds: model => a.holds(model) || b.holds(model) }),
      ),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(
      ([a, b, c]): Condition => ({
        cel: `(${a.cel} ? ${b.cel} : ${c.cel})`,
        holds: model => (a.holds(model) ? b.holds(model) : c.holds(model)),
      }),
    ),
  ),
}));

const [template] = catalog.models as [Model];

const model = fc
  .record({
    number: fc.nat(30),
    providerId: fc.constantFrom(...providerIds),
    aliases: fc.array(fc.string({ unit: fc.constantFrom('a', '1', 'B'), minLength: 1, maxLength: 5 }), {
      maxLength: 3,
    }),
    known: fc.option(fc.boolean(), { nil: undefined }),
    custom: fc.option(fc.boolean(), { nil: undefined }),
    features: fc.subarray(['vision', 'coding']),
    contextWindow: fc.option(fc.nat(1_000_000), { nil: null }),
    price: fc.option(
      fc.record({
        input: fc.bigInt(0n, 20_000_000_000n),
        output: fc.bigInt(0n, 20_000_000_000n),
        tiers: fc.constant([]),
      }),
      { nil: null },
    ),
    metadata: fc.option(fc.record({ tier: fc.constantFrom('gold', 'silver') }, { requiredKeys: [] }), {
      nil: undefined,
    }),
    latency: fc.nat(1_000_000),
  })
  .map(({ number, latency, ...rest }): Model => {
    const made: Model = { ...template, ...rest, id: `model-${number}` };
    latencies.set(made, latency);
    return made;
  });

const someModels = fc.array(model, { maxLength: 30 });

function selectFrom(source: string, models: readonly Model[]): Model[] {
  return compileModelStrategy(source).select(aiModels({ models, metrics: model => withLatency(latencyOf(model)) }));
}

test('a filter keeps exactly the models that its condition holds for', () => {
  fc.assert(
    fc.property(condition, someModels, ({ cel, holds }, models) => {
      assert.deepEqual(selectFrom(`ai.models.filter(m, ${cel})`, models), models.filter(holds), cel);
    }),
    { numRuns: 500 },
  );
});

test('filters in a row keep what fulfils all of their conditions', () => {
  fc.assert(
    fc.property(condition, condition, someModels, (a, b, models) => {
      const both = models.filter(model => a.holds(model) && b.holds(model));
      assert.deepEqual(
        selectFrom(`ai.models.filter(m, ${a.cel}).filter(x, ${b.cel.replaceAll('m.', 'x.')})`, models),
        both,
      );
    }),
    { numRuns: 100 },
  );
});

test('sortBy is stable, ascends, and puts what is not known last', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(numbers)), someModels, (field, models) => {
      const keyOf = (model: Model) => numbers[field]?.(model) ?? Number.POSITIVE_INFINITY;
      const sorted = models
        .map((model, index) => ({ model, index }))
        .sort((a, b) => (keyOf(a.model) === keyOf(b.model) ? a.index - b.index : keyOf(a.model) - keyOf(b.model)))
        .map(({ model }) => model);
      assert.deepEqual(selectFrom(`ai.models.sortBy(m, ${field})`, models), sorted);
    }),
  );
});

test("sortBy('price') and underCost agree with the catalog's exact prices", () => {
  fc.assert(
    fc.property(someModels, fc.bigInt(0n, 20_000_000_000n), (models, maxNanoUsd) => {
      const max = Number(maxNanoUsd) / 1e9;
      const under = models.filter(({ price }) => price && price.input < maxNanoUsd);
      const literal = Number.isInteger(max) ? String(max) : max.toFixed(9);
      assert.deepEqual(selectFrom(`ai.models.underCost('text.input', ${literal})`, models), under);
      const prices = selectFrom("ai.models.sortBy('price')", models).map(({ price }) => price?.input);
      const known = prices.filter(price => price !== undefined);
      assert.deepEqual(
        known,
        [...known].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      );
      assert.deepEqual(prices.slice(0, known.length), known);
    }),
  );
});

test('only and ignore part the models by their names, whatever the case', () => {
  fc.assert(
    fc.property(
      someModels,
      fc.array(fc.constantFrom('MODEL-1', 'model-2', 'a', 'A1', 'bb', 'Model-30'), { maxLength: 4 }),
      (models, names) => {
        const wanted = names.map(name => name.toLowerCase());
        const isNamed = ({ id, aliases }: Model) => [id, ...aliases].some(name => wanted.includes(name.toLowerCase()));
        const list = JSON.stringify(names);
        assert.deepEqual(selectFrom(`ai.models.only(${list})`, models), models.filter(isNamed));
        assert.deepEqual(
          selectFrom(`ai.models.ignore(${list})`, models),
          models.filter(model => !isNamed(model)),
        );
      },
    ),
  );
});

test('randomize() loses and adds nothing, and random() takes one of them', () => {
  fc.assert(
    fc.property(someModels, fc.integer(), (models, seed) => {
      const ai = aiModels({ models, random: seededRandom(seed) });
      const shuffled = compileModelStrategy('ai.models.randomize()').select(ai);
      assert.equal(shuffled.length, models.length);
      assert.deepEqual(new Set(shuffled), new Set(models));
      const [one, ...others] = compileModelStrategy('ai.models.random()').select(ai);
      assert(others.length === 0 && (models.length === 0 ? one === undefined : models.includes(one as Model)));
    }),
  );
});

/** Either compiles and selects, or says in the right kind of error why not. */
function assertBounded(source: string): void {
  try {
    compileModelStrategy(source).select(aiModels());
  } catch (error) {
    const expected =
      error instanceof ExpressionError || error instanceof EvaluationError || error instanceof WrongResultError;
    assert(expected, `${source}: ${error instanceof Error ? error.stack : error}`);
  }
}

test('arbitrary text is refused, never more', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), assertBounded), { numRuns: 1_000 });
});

const words = [
  ...[
    'ai',
    '.models',
    '.providers',
    '.authors',
    '.filter(',
    '.map(',
    '.exists(',
    '.all(',
    '.sortBy(',
    '.random()',
    '[0]',
    '[',
  ],
  ...[']', '(', ')', 'm', ', ', 'm.id', 'm.pricing.input', 'm.metadata', '.x', "'a'", '1', '1.5', '2u', 'null', 'true'],
  ...[
    '+',
    '-',
    '/',
    '<',
    '==',
    ' in ',
    '&&',
    '||',
    '!',
    ' ? ',
    ' : ',
    '{',
    '}',
    'has(',
    'size(',
    'dyn(',
    'cel',
    '.bind(',
  ],
  ...[
    '.only(',
    '.get(',
    '.getModel(',
    '.getMetadata(',
    '.matches(',
    "b'x'",
    'google',
    '.protobuf',
    'm.metrics.api_keys',
  ],
];

test('text that looks like CEL is read or refused, never more', () => {
  const texts = fc.array(fc.constantFrom(...words), { maxLength: 14 }).map(parts => parts.join(''));
  fc.assert(fc.property(texts, assertBounded), { numRuns: 5_000 });
});

const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(
      'ai.models',
      'm',
      'ai',
      '1',
      '1.5',
      '2u',
      "'a'",
      'null',
      'true',
      'm.id',
      'm.pricing.input',
      'm.metadata',
    ),
    fc.constantFrom(
      'm.max_context_window',
      'm.metrics.api_keys',
      'm.id_aliases',
      'ai.providers',
      '[]',
      '{}',
      'dyn(1)',
      'cel',
    ),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '%', '<', '==', '!=', 'in', '&&', '||'),
        tie('expression'),
      )
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('filter', 'map', 'exists', 'all', 'exists_one', 'sortBy'),
        tie('expression'),
      )
      .map(([list, name, body]) => `${list}.${name}(m, ${body})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('random()', 'randomize()', 'size()', 'x', 'id', 'metadata', 'pricing'))
      .map(([of, name]) => `${of}.${name}`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('only', 'ignore', 'get', 'getMetadata', 'getModel', 'contains', 'matches', 'split'),
        tie('expression'),
      )
      .map(([of, name, argument]) => `${of}.${name}(${argument})`),
    fc
      .tuple(
        fc.constantFrom('size', 'int', 'string', 'double', 'uint', 'bool', 'type', 'dyn', '!', '-'),
        tie('expression'),
      )
      .map(([name, argument]) => `${name}(${argument})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('expression'), tie('expression')).map(([of, index]) => `${of}[${index}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([value, body]) => `cel.bind(m, ${value}, ${body})`),
    fc.array(tie('expression'), { maxLength: 3 }).map(items => `[${items.join(', ')}]`),
    tie('expression').map(of => `has(${of}.x)`),
  ),
}));

test('well-formed expressions of all shapes are computed or refused, never more', () => {
  const places = [
    '#',
    'dyn(#)',
    'ai.models.filter(m, dyn(#) == 1)',
    'ai.models.map(m, #)',
    'ai.models.sortBy(m, dyn(#))',
  ];
  const placed = fc
    .tuple(fc.constantFrom(...places), expression)
    .map(([place, inner]) => place.replace('#', () => inner));
  fc.assert(fc.property(placed, assertBounded), { numRuns: 5_000 });
});
