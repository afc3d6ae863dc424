import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAiModels } from '../../../functions/policy/expressions/ai-models.ts';
import { compileModelStrategy } from '../../../functions/policy/expressions/compile-strategy.ts';
import { aiModels, catalog, models, seededRandom, select, withLatency } from './ai-fixture.ts';

const all = ['gpt-big', 'gpt-small', 'claude-mid', 'llama', 'gpt-next'];

test('the samples of the documentation run as written', () => {
  const metrics = (model: { id: string }) => (model.id === 'gpt-big' ? withLatency(1_500) : undefined);
  assert.deepEqual(select('ai.models.filter(m, m.known)'), ['gpt-big', 'gpt-small', 'claude-mid', 'llama']);
  assert.deepEqual(
    select('ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000)', { metrics }),
    ['gpt-small', 'claude-mid', 'llama', 'gpt-next'], // what has no history reads as zero
  );
  assert.equal(select('ai.models.random()').length, 1);
  assert.deepEqual(select("ai.models.filter(m, m.provider_id == 'openai')"), ['gpt-big', 'gpt-small', 'gpt-next']);
  assert.deepEqual(select("ai.models.filter(m, m.provider_id == 'anthropic')"), ['claude-mid']);
  assert.deepEqual(select('ai.models'), all);
  assert.deepEqual(select("ai.models.filter(m, m.metadata.region == 'eu')"), ['llama']);
  assert.deepEqual(select('ai.models.sortBy(m, m.pricing.input)'), [
    'gpt-small',
    'claude-mid',
    'gpt-big',
    'llama',
    'gpt-next',
  ]);
});

const functions: [expression: string, ids: string[]][] = [
  ['ai.models.filter(m, m.custom)', ['llama']],
  ["ai.models.only(['gpt-small', 'claude-mid'])", ['gpt-small', 'claude-mid']],
  ["ai.models.only(['GPT-Large', 'CLAUDE-latest'])", ['gpt-big', 'claude-mid']],
  ["ai.models.only(['claude-mid', 'gpt-big'])", ['gpt-big', 'claude-mid']], // the list's order stays
  ["ai.models.only(['nothing'])", []],
  ['ai.models.only([])', []],
  ["ai.models.ignore(['gpt-LARGE', 'llama'])", ['gpt-small', 'claude-mid', 'gpt-next']],
  ['ai.models.ignore([])', all],
  ["ai.models.onlyProviders(['Open-AI'])", ['gpt-big', 'gpt-small', 'gpt-next']],
  ["ai.models.ignoreProviders(['openai', 'home'])", ['claude-mid']],
  ["ai.models.onlyAuthors(['META-llama', 'anthropic'])", ['claude-mid', 'llama']],
  ["ai.models.ignoreAuthors(['openai-inc'])", ['claude-mid', 'llama']],
  ["ai.models.inRegion('eu-west-1')", ['gpt-big']],
  ["ai.models.inRegion('mars-1')", []],
  ["ai.models.inCountryCode('DE')", ['claude-mid']],
  ["ai.models.underCost('text.input', 5)", ['gpt-small', 'claude-mid']], // strictly under, and only with a price
  ["ai.models.underCost('text.input', 5.01)", ['gpt-big', 'gpt-small', 'claude-mid']],
  ["ai.models.underCost('text.output', 1u)", ['gpt-small']],
  ["ai.models.underCost('text.input_cache_read', 1)", ['gpt-big']],
  ["ai.models.underCost('text.input_cache_write', 7)", ['gpt-big']],
  ["ai.models.underCost('text.input_batch', 100)", []],
  ["ai.models.underCost('text.output_batch', 100)", []],
  ["ai.models.underCost('tools.web_search.per_search_call', 100)", []],
  ["ai.models.underCost('tools.code_interpreter.per_execution_call', 100)", []],
  ["ai.models.underCost('tools.file_search.per_storage_gb', 100)", []],
  ["ai.models.underCost('tools.image_generation.per_image_generation', 100)", []],
  ["ai.models.sortBy('price')", ['gpt-small', 'claude-mid', 'gpt-big', 'llama', 'gpt-next']],
  ['ai.models.sortBy(m, m.pricing.output)', ['gpt-small', 'gpt-big', 'claude-mid', 'llama', 'gpt-next']], // stable
  ['ai.models.sortBy(m, -m.pricing.input)', ['gpt-big', 'claude-mid', 'gpt-small', 'llama', 'gpt-next']],
  ['ai.models.sortBy(m, m.id)', ['claude-mid', 'gpt-big', 'gpt-next', 'gpt-small', 'llama']],
  ['ai.models.sortBy(m, m.known)', ['gpt-next', 'gpt-big', 'gpt-small', 'claude-mid', 'llama']],
  ['ai.models.sortBy(m, m.max_context_window)[0]', ['llama']],
  ['ai.models.sortBy(m, size(m.id_aliases) == 0 ? 1 : 0)', ['gpt-big', 'claude-mid', 'gpt-small', 'llama', 'gpt-next']],
  ['ai.models[2]', ['claude-mid']],
  ["ai.providers.get('OPEN-AI').getModel('GPT-large')", ['gpt-big']],
  ["ai.models.get('open-ai', 'gpt-LARGE')", ['gpt-big']],
  ["ai.authors.get('Meta-Llama').id == 'meta' ? ai.models : []", all],
  ["ai.providers.only(['HOME']).map(p, p.getModel('llama'))", ['llama']],
  ["ai.providers.ignore(['openai', 'anthropic'])[0].id == 'home' ? ai.models : []", all],
  ["ai.authors.only(['meta-llama']).size() == 1 ? ai.models : []", all],
  ["ai.authors.ignore(['meta-llama']).size() == 2 ? ai.models : []", all],
  ["ai.authors.filter(a, a.display_name == 'Meta').size() == 1 ? ai.models : []", all],
  ["ai.providers.filter(p, p.metadata.region == 'us').map(p, p.getModel('gpt-small'))", ['gpt-small']],
  ["ai.models.filter(m, m.getMetadata('sla.tier') == 'gold')", ['gpt-small', 'gpt-next']],
  ["ai.models.filter(m, m.getMetadata('sla.hours') == 4)", ['gpt-big']],
  ["ai.providers.filter(p, p.getMetadata('sla.tier') == 'gold')[0].id == 'openai' ? ai.models : []", all],
  // chains
  ["ai.models.filter(m, m.known).filter(m, m.provider_id == 'openai')", ['gpt-big', 'gpt-small']],
  ["ai.models.underCost('text.input', 100).sortBy('price')", ['gpt-small', 'claude-mid', 'gpt-big']],
  ["ai.models.filter(m, m.provider_id == 'openai')[0]", ['gpt-big']],
  ["ai.models.filter(m, m.provider_id == 'anthropic').random()", ['claude-mid']],
  [
    "ai.models.onlyProviders(['openai']) + ai.models.onlyProviders(['home'])",
    ['gpt-big', 'gpt-small', 'gpt-next', 'llama'],
  ],
  // the rest of CEL
  ['ai.models.filter(m, has(m.metadata.tags))', ['gpt-big']],
  // conditions and names may come from metadata, models stay models
  ["ai.models.filter(m, has(m.metadata.tags)).filter(x, x.id == 'gpt-big')", ['gpt-big']],
  ["ai.models.filter(m, 'fast' in m.metadata.tags).sortBy(m, m.metadata.none).filter(m, m.known)", ['gpt-big']],
  [
    'ai.models.filter(m, ai.models.get(m.provider_id, m.metadata.none == null ? m.id : m.metadata.none).known)',
    ['gpt-big', 'gpt-small', 'claude-mid', 'llama'],
  ],
  ['ai.models.filter(m, has(m.metadata.sla.hours))', ['gpt-big']],
  ["ai.models.filter(m, has(m.metadata['sla'].hours))", ['gpt-big']],
  ["ai.models.filter(m, has(m.getMetadata('sla').hours))", ['gpt-big']],
  ['ai.models.filter(m, has(m.max_context_window))', ['gpt-big', 'gpt-small', 'claude-mid', 'llama']],
  ['ai.models.filter(m, has(m.pricing.text.input_cache_read))', ['gpt-big']],
  ['ai.models.filter(m, has(m.metrics.api_keys.some_key))', []],
  ["ai.models.filter(m, has({'a': m.id}.a))", all],
  ['has(ai.models.filter(m, m.custom)[0].id) ? ai.models : []', all],
  ["ai.models.filter(m, 'gpt-large' in m.id_aliases)", ['gpt-big']],
  ["ai.models.filter(m, m.provider_id in ['anthropic', 'home'])", ['claude-mid', 'llama']],
  ["ai.models.filter(m, 'region' in m.metadata)", ['gpt-big', 'gpt-small', 'llama', 'gpt-next']],
  ['ai.models.filter(m, size(m.id) == 5)', ['llama']],
  ['ai.models.filter(m, m.id.size() > 9)', ['claude-mid']],
  ["ai.models.filter(m, m.id.startsWith('gpt') && !m.id.endsWith('big'))", ['gpt-small', 'gpt-next']],
  ["ai.models.filter(m, m.id.contains('mid') || m.custom)", ['claude-mid', 'llama']],
  ["ai.models.filter(m, m.id.matches('^gpt-(big|small)$'))", ['gpt-big', 'gpt-small']],
  ["ai.models.filter(m, m.id.matches('^' + m.author_id))", []],
  ["ai.models.filter(m, m.id_aliases.exists(a, a.lowerAscii() == 'claude-latest'))", ['claude-mid']],
  ["ai.models.filter(m, m.input_modalities.all(i, i == 'text'))", ['gpt-small', 'claude-mid', 'llama', 'gpt-next']],
  ["ai.models.filter(m, m.input_modalities.exists_one(i, i == 'image'))", ['gpt-big']],
  ['ai.models.map(m, m.known, m)', ['gpt-big', 'gpt-small', 'claude-mid', 'llama']],
  ['cel.bind(cheap, ai.models.underCost("text.input", 1), cheap.size() > 0 ? cheap : ai.models)', ['gpt-small']],
  ['ai.models.filter(m, m == ai.models[1] || m in ai.models.onlyProviders(["home"]))', ['gpt-small', 'llama']],
  ['ai.models.filter(m, m != ai.models[0] && m.known)', ['gpt-small', 'claude-mid', 'llama']],
  ['ai.models.filter(m, m.pricing.input * 2 + 1 < 8)', ['gpt-small', 'claude-mid']],
  ['// the cheap ones\nai.models.filter(m,\n  m.pricing.input < 1)', ['gpt-small']],
  // results
  ['[ai.models[1], ai.models[0], ai.models[1]]', ['gpt-small', 'gpt-big']],
  ['ai.models + ai.models', all],
  ['[]', []],
  ['ai.models.filter(m, false).random()', []],
];

for (const [expression, ids] of functions) {
  test(`${expression} gives ${ids.join(', ') || 'nothing'}`, () => assert.deepEqual(select(expression), ids));
}

test('a strategy gives the models of the catalog themselves', () => {
  assert.equal(compileModelStrategy('ai.models[1]').select(aiModels())[0], models[1]);
});

test('random() takes one model, each as likely as the others', () => {
  const random = seededRandom(1);
  const strategy = compileModelStrategy('ai.models.random()');
  const ai = aiModels({ random });
  const counts = new Map(models.map(model => [model.id, 0]));
  for (let round = 0; round < 5_000; round++) {
    const [model, ...others] = strategy.select(ai);
    assert(model && others.length === 0);
    counts.set(model.id, (counts.get(model.id) ?? 0) + 1);
  }
  for (const [id, count] of counts) assert(count > 900 && count < 1_100, `${id}: ${count}`);
});

test('random() never leaves the list, whatever the source of randomness gives', () => {
  assert.deepEqual(select('ai.models.random()', { random: () => 0 }), ['gpt-big']);
  assert.deepEqual(select('ai.models.random()', { random: () => 1 - Number.EPSILON / 2 }), ['gpt-next']);
});

test('randomize() gives every order', () => {
  const random = seededRandom(7);
  const strategy = compileModelStrategy("ai.models.onlyProviders(['openai']).randomize()");
  const counts = new Map<string, number>();
  for (let round = 0; round < 6_000; round++) {
    const order = strategy
      .select(aiModels({ random }))
      .map(model => model.id)
      .join(' ');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert(count > 850 && count < 1_150, `${order}: ${count}`);
});

test('providers and authors can be drawn, too', () => {
  assert.deepEqual(select("ai.providers.random().getModel('gpt-big')"), ['gpt-big']);
  assert.deepEqual(select('ai.models.onlyAuthors([ai.authors.randomize()[2].id])', { random: () => 0.99 }), ['llama']);
});

test('the same prepared models serve one strategy after another, with the metrics of the moment', () => {
  let latency = 10;
  const ai = aiModels({ metrics: () => withLatency(latency) });
  const fast = compileModelStrategy('ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000)');
  assert.equal(fast.select(ai).length, 5);
  latency = 5_000;
  assert.equal(fast.select(ai).length, 0);
});

test('a provider that a policy configures anew shows its new metadata', () => {
  const onMoon = compileModelStrategy("ai.models.filter(m, m.metadata.region == 'moon')");
  assert.deepEqual(onMoon.select(aiModels()), []);
  const providers = catalog.providers.map(provider =>
    provider.id === 'openai' ? { ...provider, metadata: { region: 'moon' } } : provider,
  );
  const ai = createAiModels({ ...catalog, providers, metrics: () => undefined, random: () => 0 });
  assert.deepEqual(
    onMoon.select(ai).map(model => model.id),
    ['gpt-big', 'gpt-small'],
  );
});

test('a model without its provider is a mistake of the caller', () => {
  const parts = { ...catalog, providers: [], metrics: () => undefined, random: () => 0 };
  assert.throws(() => createAiModels(parts), /model gpt-big comes without its provider openai/);
});
