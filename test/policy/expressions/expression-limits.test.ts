import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../../functions/core/catalog/catalog.ts';
import { compileModelStrategy } from '../../../functions/policy/expressions/compile-strategy.ts';
import { EvaluationError, ExpressionError } from '../../../functions/policy/expressions/expression-error.ts';
import { stepsMax } from '../../../functions/policy/expressions/meter.ts';
import { aiModels, models } from './ai-fixture.ts';

/** 500 models, each with a long text and a long list in its metadata. */
const manyModels: Model[] = Array.from({ length: 500 }, (_, index) => ({
  ...(models[index % models.length] as Model),
  id: `model-${index}`,
  metadata: { text: 'a'.repeat(16_000), list: Array.from({ length: 500 }, (_, item) => `item-${item}`) },
}));

const ai = aiModels({ models: manyModels });

/** `cel.bind(v0, start, cel.bind(v1, step(v0), …))` */
function binds(count: number, start: string, step: (previous: string) => string, end: (last: string) => string) {
  const names = Array.from({ length: count }, (_, index) => `v${index}`);
  const values = names.map((_, index) => (index === 0 ? start : step(names[index - 1] as string)));
  const opened = names.map((name, index) => `cel.bind(${name}, ${values[index]}, `).join('');
  return `${opened}${end(names.at(-1) as string)}${')'.repeat(count)}`;
}

const everyPair = (condition: string) => `ai.models.filter(m, ai.models.exists(n, ${condition}))`;

/** What would take seconds or all memory. Each takes at most some 50 ms before it is stopped. */
const stopped: Record<string, string> = {
  'three loops in one another': "ai.models.filter(m, ai.models.exists(n, ai.models.exists(o, m.id == 'x')))",
  'lists of lists of lists': '[ai.models.map(m, ai.models.map(n, ai.models.map(o, o.id)))].size() > 0 ? ai.models : []',
  'every pair': everyPair('n.id + m.id == "x"'),
  'every pair, with numbers that are not known': everyPair('n.max_context_window > m.max_context_window + 1000000'),
  'an error for every pair': everyPair("n.metrics.api_keys['x'].request_count > 0"),
  'an error for every pair, forgiven': everyPair("n.metrics.api_keys['x'].request_count > 0 || n.id == ''"),
  'all() that fails inside': 'ai.models.filter(m, ai.models.all(n, ai.models.exists(o, o.metadata.text.size() < 2)))',
  'a loop whose end is forgiven': `${everyPair('n.id == "x"')}.size() > 0 || true ? ai.models : []`,
  'long texts searched': everyPair("n.metadata.text.contains('b' + m.metadata.text.substring(0, 250))"),
  'long texts counted': everyPair('n.metadata.text.size() < 2'),
  'long texts joined': everyPair("(n.metadata.text + m.id).endsWith('x')"),
  'long texts split': everyPair("n.metadata.text.split('').size() < 2"),
  'long texts compared': everyPair('n.metadata.text < m.metadata.text'),
  'long texts in upper case': everyPair('n.metadata.text.upperAscii() == m.id'),
  'lists searched': everyPair('n.id in m.metadata.list'),
  'lists compared': everyPair('n.metadata.list != m.metadata.list'),
  'all models compared': 'ai.models.filter(m, ai.models == ai.models.randomize())',
  'all models searched': 'ai.models.filter(m, [m] in [ai.models, ai.models.randomize()])',
  'all models sorted for each': 'ai.models.filter(m, ai.models.sortBy(n, n.id)[0] == m)',
  'all models shuffled for each': 'ai.models.filter(m, ai.models.randomize()[0] == m)',
  'all models looked up for each': "ai.models.filter(m, m in ai.models.only(['x']))",
  'a loop inside has()': 'ai.models.filter(m, has(ai.models.filter(n, n.id == m.id)[0].id))',
  'a model found for each pair': everyPair("ai.models.get('openai', n.id) == m"),
  'sortBy in sortBy': 'ai.models.sortBy(m, ai.models.sortBy(n, n.id + m.id)[0].id)',
  'lists that contain each other twice': binds(
    28,
    'dyn([1])',
    last => `dyn([${last}, ${last}])`,
    last => `[${last}] == [${last}] ? ai.models : []`,
  ),
  'lists that double': binds(
    28,
    '[1, 1]',
    last => `${last} + ${last}`,
    last => `${last}.size() > 1 ? ai.models : []`,
  ),
  'a pattern over long texts': "ai.models.filter(m, m.metadata.text.matches('(a|aa)*(a{1,100}){1,4}b'))",
  'a new pattern for each model': "ai.models.filter(m, 'x'.matches('(' + m.id + '){1,40}'))",
};

for (const [name, expression] of Object.entries(stopped)) {
  test(`stops ${name}`, () => {
    const strategy = compileModelStrategy(expression);
    assert.throws(
      () => strategy.select(ai),
      new EvaluationError(
        `The expression took more than ${stepsMax} steps and was stopped; put one loop inside another less often, or narrow the list first`,
      ),
    );
  });
}

test('texts that double are stopped at their length', () => {
  const doubled = binds(
    28,
    "'xxxxxxxx'",
    last => `${last} + ${last}`,
    last => `${last}.contains('y') ? ai.models : []`,
  );
  assert.throws(
    () => compileModelStrategy(doubled).select(ai),
    /A text of 32768 characters is too long; 16384 is the limit/,
  );
});

const tooComplex: Record<string, [expression: string, message: RegExp]> = {
  'a long source': [`ai.models${' '.repeat(8_200)}`, /has 8209 characters, and 8192 is the limit/],
  parentheses: [`${'('.repeat(4_000)}ai${')'.repeat(4_000)}`, /nested too deeply/],
  brackets: ['['.repeat(8_000), /nested too deeply/],
  braces: ['{'.repeat(8_000), /nested too deeply/],
  negations: [`${'!'.repeat(8_000)}true`, /too many parts/],
  'negations below the limit of parts': [`${'!'.repeat(1_900)}true`, /more than 250 levels deep/],
  signs: [`${'-'.repeat(8_000)}1`, /too many parts/],
  fields: [`ai${'.models'.repeat(1_000)}`, /nested too deeply/],
  indexes: [`ai.models${'[0]'.repeat(2_000)}`, /nested too deeply/],
  'conditions in a row': [Array(300).fill('true').join('||'), /more than 250 levels deep/],
  'a long sum': [Array(3_000).fill('1').join('+'), /too many parts/],
  ternaries: [`${'true ? '.repeat(1_000)}1`, /nested too deeply/],
  'a long list': [`ai.models.only([${Array(600).fill("'x'").join()}])`, /a list has too many elements/],
  'a big map': [`{${Array.from({ length: 150 }, (_, key) => `${key}: 1`).join()}}`, /a map has too many entries/],
  'many arguments': ["ai.models.only(['a'], 1, 2, 3, 4, 5, 6, 7, 8, 9)", /a call has too many arguments/],
  'loops in loops': [`${'ai.models.map(m, '.repeat(6)}m${')'.repeat(6)}`, /more than 4 loops are inside one another/],
  'many patterns': [
    Array(3).fill("'a'.matches('(a{1,400})')").join('||'),
    /the patterns of this expression are too big together/,
  ],
};

for (const [name, [expression, message]] of Object.entries(tooComplex)) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => compileModelStrategy(expression),
      error => {
        assert(error instanceof ExpressionError);
        assert.equal(error.kind, 'too_complex');
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('messages quote only the beginning of what is long', () => {
  for (const expression of [
    `ai.${'x'.repeat(8_000)}`,
    `${'x'.repeat(8_000)}`,
    `${'x'.repeat(8_000)}()`,
    `ai.models.sortBy('${'x'.repeat(8_000)}')`,
  ]) {
    assert.throws(
      () => compileModelStrategy(expression),
      (error: Error) => error.message.length < 1_000,
    );
  }
});

const affordable = [
  "ai.models.filter(m, m.provider_id == 'openai')",
  'ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000 && m.pricing.input < 1 && m.known)',
  "ai.models.filter(m, ['gpt', 'claude'].exists(p, m.id_aliases.exists(a, a.startsWith(p))))",
  `ai.models${".filter(m, m.known).ignore(['x'])".repeat(5)}.sortBy('price').sortBy(m, m.metrics.global.latency.upstream_ms_p95)`,
  "ai.models.filter(m, m.id.matches('^model-[0-9]+$'))",
  `ai.models.only([${Array.from({ length: 400 }, (_, index) => `'model-${index}'`).join()}])`,
];

for (const expression of affordable) {
  test(`affords ${expression.slice(0, 80)} over 500 models`, () => {
    compileModelStrategy(expression).select(ai);
  });
}

test('the count is the same every time, and starts anew with every evaluation', () => {
  const width = (count: number) => aiModels({ models: manyModels.slice(0, count) });
  const strategy = compileModelStrategy(everyPair("n.id == 'x'"));
  let most = 1;
  while (most < 500) {
    try {
      strategy.select(width(most + 1));
      most++;
    } catch {
      break;
    }
  }
  for (let round = 0; round < 3; round++) {
    strategy.select(width(most));
    assert.throws(() => strategy.select(width(most + 1)), EvaluationError);
  }
  assert(most > 50 && most < 300, `${most} models`);
});
