import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { untilCounted } from '../../support/counted.ts';
import { chatAnswer, type Script, sendJson } from '../../support/upstream.ts';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

/** Slower than the FAQ's strategy admits. */
const slowMs = 1_300;

/** A model for each way that a provider can answer, told apart by name. */
const answering: Script = async (request, response) => {
  const model = String(request.body.model);
  if (model === 'gpt-4o') await new Promise(resolve => setTimeout(resolve, slowMs));
  const failures: Record<string, number> = { 'gpt-4.1': 429, 'gpt-4.1-mini': 500, 'gpt-4.1-nano': 400 };
  const status = failures[model];
  if (status !== undefined) return sendJson(response, status, { error: { message: 'no' } });
  if (model === 'o3-mini') return; // never answers
  sendJson(response, 200, { ...chatAnswer('Hello', 9, 1), model });
};

let stack: ClaimStack;
let keyId: string;
const requestIds = new Map<string, string>();
const chat = (body: object) => stack.post('/v1/chat/completions', { messages: hello, max_tokens: 20, ...body });
const json = async (path: string) => (await (await stack.manage('GET', path)).json()) as Record<string, unknown>;
const strategies = (...sources: string[]) =>
  `model_selection:\n  strategy:\n${sources.map(source => `    - ${JSON.stringify(source)}`).join('\n')}`;
const fast = 'ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000)';

/** The models that a request reaches under a strategy. */
async function reached(config: string, body: object): Promise<string[]> {
  await stack.configure(`per_request_timeout: 1500ms\n${config}`);
  stack.forget();
  stack.upstream.script = answering;
  await (await chat(body)).text();
  return stack.called();
}

/** What a request reached before anything was counted. */
let withoutHistory: string[];
/** What was counted of the requests that everything is about, before the tests made more of them. */
let byProvider: Record<string, unknown>;
let ofEndpoint: Record<string, unknown>;
let prometheus: string;

before(async () => {
  stack = await startClaimStack({ TOLLGATE_ROLLUP_SECONDS: '1' });
  keyId = ((await json('/ai_gateway_api_keys')).ai_gateway_api_keys as { id: string }[])[0]?.id as string;
  withoutHistory = await reached(strategies(fast), { models: ['gpt-4o', 'gpt-4o-mini'] });
  await stack.configure('per_request_timeout: 1500ms');
  const models = ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano', 'o3-mini'];
  await Promise.all(
    models.map(async model => {
      const response = await chat({ model });
      requestIds.set(model, response.headers.get('ngrok-aig-request-id') as string);
      await response.text();
    }),
  );
  await untilCounted(stack);
  byProvider = await json('/metrics?splitBy=provider');
  ofEndpoint = await json(`/metrics?scope=endpoint&endpointId=${stack.endpointId}&range=24h`);
  prometheus = await (await stack.manage('GET', '/metrics/prometheus')).text();
});
afterEach(() => stack.forget());
after(() => stack.close());

test('F13 models without history pass the FAQ’s latency filter, and read zero in every scope', async () => {
  assert.deepEqual(withoutHistory, ['openai:gpt-4o'], 'the client’s first choice');
  const scopes = ['global', 'region', 'account', 'endpoint'];
  const zero = scopes.map(scope => `m.metrics.${scope}.request_count == 0`).join(' && ');
  assert.deepEqual(await reached(strategies(`ai.models.filter(m, m.id == 'gpt-4-turbo' && ${zero})`), {}), [
    'openai:gpt-4-turbo',
  ]);
});

test('F3 after one rollup the FAQ’s strategy routes away from the slow model', async () => {
  const called = await reached(strategies(fast), { models: ['gpt-4o', 'gpt-4o-mini'] });
  assert.deepEqual(called, ['openai:gpt-4o-mini']);
});

test('F12 every scope has the metrics of the model, and keys those that used it', async () => {
  const scopes = ['global', 'region', 'account', 'endpoint', `api_keys['${keyId}']`];
  for (const scope of scopes) {
    const metrics = `m.metrics.${scope}`;
    const slow = `${metrics}.request_count >= 2 && ${metrics}.latency.upstream_ms_avg >= ${slowMs}`;
    const source = `ai.models.filter(m, '${keyId}' in m.metrics.api_keys && ${slow})`;
    assert.deepEqual(await reached(strategies(source), {}), ['openai:gpt-4o'], scope);
  }
  const tokens = 'm.metrics.account.token.provider_input >= 18 && m.metrics.account.token.estimated_input > 0';
  const source = `ai.models.filter(m, m.id == 'gpt-4o-mini' && ${tokens})`;
  assert.deepEqual(await reached(strategies(source), {}), ['openai:gpt-4o-mini']);
  await stack.configure(strategies("ai.models.filter(m, m.metrics.api_keys['aigk_other'].request_count > 0)"));
  assert.equal((await refusal(await chat({}))).code, 'ERR_NGROK_3803', 'an absent key is an error');
});

test('K7 error rates of a provider tell timeouts, 429, 4xx and 5xx apart', async () => {
  const series = byProvider.series as { key: string; totals: object }[];
  const openai = series.find(({ key }) => key === 'openai')?.totals as { requests: number; errors: object };
  assert.deepEqual(openai.errors, { total: 4, timeout: 1, rate_limit: 1, client: 1, server: 1 });
  assert.equal(openai.requests, 8);
  const kinds = { 'gpt-4.1': 'rate_limit', 'gpt-4.1-mini': 'server', 'gpt-4.1-nano': 'client', 'o3-mini': 'timeout' };
  for (const [model, kind] of Object.entries(kinds)) {
    const rate = 'm.metrics.endpoint.error_rate';
    const source = `ai.models.filter(m, ${rate}.${kind} == 1.0 && ${rate}.total == 1.0)`;
    assert.deepEqual(await reached(strategies(source), {}), [`openai:${model}`], kind);
  }
});

test('K1 an endpoint’s metrics show requests, errors, latency and tokens', async () => {
  const totals = ofEndpoint.totals as Record<string, number> & { total_ms: { p95: number }; errors: { total: number } };
  assert.equal(totals.requests, 8);
  assert.equal(totals.errors.total, 4);
  assert.equal(totals.input_tokens, 4 * 9);
  assert.ok((totals.total_ms?.p95 ?? 0) > slowMs * 0.95);
  assert.ok((ofEndpoint.points as unknown[]).length >= 1);
  assert.match(prometheus, /^tollgate_attempts_total\{provider="openai",model="gpt-4o"\} 2$/m);
});

test('I1 the gateway’s own time is told apart from the provider’s', async () => {
  const record = await json(`/usage/requests/${requestIds.get('gpt-4o')}`);
  const [attempt] = record.attempts as { total_ms: number }[];
  assert.ok((attempt?.total_ms ?? 0) >= slowMs);
  const together = (record.gateway_latency_ms as number) + (attempt?.total_ms ?? 0);
  assert.ok(together <= (record.total_ms as number), 'none of the provider’s time is in the gateway’s');
});

test('I2 the provider’s token counts and our own are both kept, and the provider’s are what counts', async () => {
  const record = await json(`/usage/requests/${requestIds.get('gpt-4o-mini')}`);
  const { input_tokens, output_tokens, estimated } = record.usage as Record<string, unknown>;
  assert.deepEqual([input_tokens, output_tokens, estimated], [9, 1, false]);
  assert.deepEqual(record.estimate, { input_tokens: 1, output_tokens: 1, rough: false }, 'of "Hello" and "Hello"');
});

test('I4 nothing is cached: the same request twice is two calls', async () => {
  await stack.configure('{}');
  stack.forget();
  for (let time = 0; time < 2; time++) await (await chat({ model: 'gpt-4o-mini', temperature: 0 })).text();
  assert.deepEqual(stack.called(), ['openai:gpt-4o-mini', 'openai:gpt-4o-mini']);
});

test('listing models is not counted', async () => {
  const count = async () => ((await json('/usage?limit=100')).usage as unknown[]).length;
  const before = await count();
  const headers = { authorization: `Bearer ${stack.gatewayKey}` };
  assert.equal((await fetch(`${stack.gatewayUrl}/v1/models`, { headers })).status, 200);
  assert.equal(await count(), before);
});
