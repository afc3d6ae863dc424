import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { sendJson } from '../../support/upstream.ts';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack({ TOLLGATE_ROLLUP_SECONDS: '300' }); // these models have no history
});
afterEach(() => stack.forget());
after(() => stack.close());

const chat = (body: object = {}) => stack.post('/v1/chat/completions', { messages: hello, max_tokens: 20, ...body });
const strategies = (...sources: string[]) =>
  `model_selection:\n  strategy:\n${sources.map(source => `    - ${JSON.stringify(source)}`).join('\n')}`;

/** The models that a request would try, in order: every attempt fails. */
async function tried(config: string, body: object = {}): Promise<string[]> {
  await stack.configure(config);
  stack.forget();
  stack.upstream.script = (_, response) => sendJson(response, 500, { error: { message: 'no' } });
  await chat(body);
  return stack.called();
}

test('F1 the first strategy that returns models wins', async () => {
  const config = strategies(
    "ai.models.filter(m, m.id == 'no-such-model')",
    "ai.models.filter(m, m.id == 'gpt-4o')",
    'ai.models',
  );
  assert.deepEqual(await tried(config), ['openai:gpt-4o']);
});

test('F2 the FAQ’s provider priority: OpenAI, then Anthropic, then anything', async () => {
  const priority = strategies(
    "ai.models.filter(m, m.provider_id == 'openai')",
    "ai.models.filter(m, m.provider_id == 'anthropic')",
    'ai.models',
  );
  const first = async (config: string) => (await tried(config))[0]?.split(':')[0];
  assert.equal(await first(priority), 'openai');
  assert.equal(await first(`${priority}\nproviders: [{ id: openai, disabled: true }]`), 'anthropic');
});

test('F4 ai.models.random() chooses one model, not always the same', async () => {
  const chosen = new Set<string>();
  const config = strategies("ai.models.filter(m, m.provider_id == 'openai' && m.id.startsWith('gpt-4')).random()");
  for (let round = 0; round < 20; round++) {
    const names = await tried(config);
    assert.equal(names.length, 1);
    chosen.add(names[0] as string);
  }
  assert.ok(chosen.size > 1);
});

test('F7 strategies filter what the client named and keep its order', async () => {
  const body = { models: ['gpt-4o', 'claude-haiku-4-5', 'gpt-4o-mini'] };
  assert.deepEqual(
    await tried(strategies("[ai.models.get('openai', 'gpt-4o-mini'), ai.models.get('openai', 'gpt-4o')]"), body),
    ['openai:gpt-4o', 'openai:gpt-4o-mini'],
  );
});

test('F8 when strategies leave nothing of what the client named, 3805', async () => {
  await stack.configure(strategies("ai.models.filter(m, m.provider_id == 'anthropic')"));
  const { status, code } = await refusal(await chat({ model: 'gpt-4o' }));
  assert.deepEqual([status, code], [422, 'ERR_NGROK_3805']);
});

test('F9 a strategy that cannot work is refused when saved, one that fails later is 3803', async () => {
  for (const source of ['ai.model', "'gpt-4o'", 'ai.models.filter(m, m.nosuch == 1)', 'ai.models.filter(m, ']) {
    const [problem] = await stack.refusedConfig(strategies(source));
    assert.equal(problem?.code, 'ERR_NGROK_2200', source);
    assert.match(problem?.path ?? '', /model_selection\.strategy\[0\]/);
  }
  await stack.configure(strategies('[ai.models[100000]]'));
  assert.deepEqual([(await refusal(await chat())).code], ['ERR_NGROK_3803']);
});

const functions: [source: string, expected: string[] | RegExp][] = [
  ["ai.models.filter(m, m.id == 'gpt-4o')", ['openai:gpt-4o']],
  ["ai.models.only(['GPT-4o', 'claude-haiku-4-5-20251001'])", ['anthropic:claude-haiku-4-5', 'openai:gpt-4o']],
  [
    "ai.models.onlyProviders(['openai']).ignore(['gpt-4o']).filter(m, m.id.startsWith('gpt-4o'))",
    ['openai:gpt-4o-mini'],
  ],
  ["ai.models.onlyProviders(['open-ai']).filter(m, m.id == 'o3')", ['openai:o3']],
  [
    "ai.models.ignoreProviders(['anthropic', 'demo']).filter(m, m.id == 'gpt-4o' || m.id == 'claude-haiku-4-5')",
    ['openai:gpt-4o'],
  ],
  ["ai.models.onlyAuthors(['anthropic']).filter(m, m.id == 'claude-opus-4-5')", ['anthropic:claude-opus-4-5']],
  [
    "ai.models.ignoreAuthors(['openai']).filter(m, m.id in ['gpt-4o', 'claude-opus-4-5'])",
    ['anthropic:claude-opus-4-5'],
  ],
  ["ai.models.only(['gpt-4o', 'gpt-4o-mini']).underCost('text.input', 1.0)", ['openai:gpt-4o-mini']],
  [
    "ai.models.only(['gpt-4o', 'gpt-4o-mini', 'gpt-4']).sortBy('price')",
    ['openai:gpt-4o-mini', 'openai:gpt-4o', 'openai:gpt-4'],
  ],
  ["ai.models.only(['gpt-4o', 'gpt-4o-mini']).sortBy(m, m.pricing.input)", ['openai:gpt-4o-mini', 'openai:gpt-4o']],
  ["ai.models.only(['gpt-4o', 'gpt-4o-mini']).randomize().filter(m, m.id == 'gpt-4o')", ['openai:gpt-4o']],
  ["ai.models.only(['gpt-4o'])[0]", ['openai:gpt-4o']],
  ["ai.models.get('openai', 'gpt-4o')", ['openai:gpt-4o']],
  ["ai.providers.get('openai').getModel('gpt-4o-mini')", ['openai:gpt-4o-mini']],
  ["ai.models.filter(m, m.author_id == ai.authors.get('openai').id && m.id == 'gpt-4o')", ['openai:gpt-4o']],
  [
    "ai.models.filter(m, m.provider_id in ai.providers.only(['openai']).map(p, p.id) && m.id == 'gpt-4o')",
    ['openai:gpt-4o'],
  ],
];
for (const [source, expected] of functions) {
  test(`F10 ${source}`, async () => assert.deepEqual(await tried(strategies(source)), expected));
}

test('F10 inRegion and inCountryCode choose by where a model runs', async () => {
  await stack.configure(strategies("ai.models.inRegion('nowhere-1')"));
  assert.equal((await refusal(await chat())).code, 'ERR_NGROK_3805');
  await stack.configure(strategies("ai.models.inCountryCode('XX')"));
  assert.equal((await refusal(await chat())).code, 'ERR_NGROK_3805');
});

const fields = [
  "m.id == 'gpt-4o' && 'gpt-4-omni' in m.id_aliases",
  "m.provider_id == 'openai' && 'open-ai' in m.provider_id_aliases && m.id == 'gpt-4o'",
  "m.author_id == 'openai' && size(m.author_id_aliases) >= 0 && m.id == 'gpt-4o'",
  "m.display_name.contains('4o') && m.id == 'gpt-4o'",
  "m.known && !m.custom && m.id == 'gpt-4o'",
  "'image' in m.input_modalities && 'text' in m.output_modalities && m.id == 'gpt-4o'",
  "'tool-calling' in m.supported_features && m.id == 'gpt-4o'",
  "m.max_context_window >= 128000 && m.max_output_tokens == 16384 && m.id == 'gpt-4o'",
  "m.pricing.text.input < 5 && m.pricing.output > 1 && m.id == 'gpt-4o'",
  "size(m.datacenters) >= 0 && m.id == 'gpt-4o'",
];
for (const predicate of fields) {
  test(`F11 ${predicate}`, async () => {
    assert.deepEqual(await tried(strategies(`ai.models.filter(m, ${predicate})`)), ['openai:gpt-4o']);
  });
}

test('F12 metrics have every scope, and a key without history is absent', async () => {
  for (const scope of ['global', 'region', 'account', 'endpoint']) {
    const source = `ai.models.filter(m, m.metrics.${scope}.request_count == 0 && m.metrics.${scope}.error_rate.total == 0.0 && m.id == 'gpt-4o')`;
    assert.deepEqual(await tried(strategies(source)), ['openai:gpt-4o'], scope);
  }
  await stack.configure(strategies("ai.models.filter(m, m.metrics.api_keys['aigk_x'].request_count == 0)"));
  assert.equal((await refusal(await chat())).code, 'ERR_NGROK_3803');
  const guarded = strategies("ai.models.filter(m, 'aigk_x' in m.metrics.api_keys)", "ai.models.only(['gpt-4o'])");
  assert.deepEqual(await tried(guarded), ['openai:gpt-4o']);
});

test('F13 models without history pass the FAQ’s latency filter', async () => {
  const faq = strategies('ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000)', 'ai.models.random()');
  assert.deepEqual(await tried(faq, { model: 'gpt-4o' }), ['openai:gpt-4o']);
});

test('F14 metadata of models and providers can be asked for', async () => {
  const provider = (id: string, region: string) => `  - id: ${id}
    base_url: "${stack.providerUrl(id)}"
    metadata: { region: ${region} }
    models: [{ id: m-${id}, metadata: { tier: { name: gold } } }]`;
  const config = (source: string) =>
    `providers:\n${provider('eu', 'eu')}\n${provider('us', 'us')}\n${strategies(source)}`;
  assert.deepEqual(await tried(config("ai.models.filter(m, m.custom && m.metadata.region == 'eu')")), ['eu:m-eu']);
  assert.deepEqual(await tried(config("ai.models.filter(m, m.custom && m.getMetadata('tier.name') == 'gold')")), [
    'eu:m-eu',
    'us:m-us',
  ]);
});

test('F15 cheapest first decides the order of attempts', async () => {
  const names = await tried(strategies("ai.models.only(['gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano']).sortBy('price')"));
  assert.deepEqual(names, ['openai:gpt-4.1-nano', 'openai:gpt-4.1-mini', 'openai:gpt-4.1']);
});
