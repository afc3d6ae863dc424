import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EndpointExplain, Explanation } from '../../functions/management/client.generated.ts';
import { rollUp } from '../../functions/rollup/roll-up.ts';
import { decide } from '../../functions/store/usage.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { usageRecord } from '../support/usage-records.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

const messages = [{ role: 'user', content: 'Hello' }];

function explain(request: EndpointExplain): Promise<Explanation> {
  return api.operator.explainEndpoint({ id: api.endpointId, body: request });
}

const withConfig = (config: object) =>
  JSON.stringify({ on_http_request: [{ actions: [{ type: 'ai-gateway', config }] }] });

const namesOf = ({ candidates }: Explanation) => candidates.map(({ name }) => name);

test('a bare policy calls what the request names, in its order, with managed keys and a hold', async () => {
  const models = ['anthropic:claude-sonnet-4-5', 'openai:gpt-4o'];
  const found = await explain({ body: { model: 'openai:gpt-4o-mini', models, messages, max_tokens: 100 } });
  assert.equal(found.surface, 'chat-completions');
  assert.deepEqual(namesOf(found).slice(0, 1), ['openai:gpt-4o-mini']);
  assert.ok(namesOf(found).includes('openai:gpt-4o'));
  assert.ok(found.candidates.every(({ keys }) => keys.length === 1 && keys[0] === 'managed'));
  assert.deepEqual([found.error, found.model_selection], [null, []]);
  const costs = found.candidates.map(({ cost_at_most_usd }) => Number(cost_at_most_usd));
  assert.ok(Number(found.hold_usd) > 0);
  assert.equal(Number(found.hold_usd), Math.max(...costs));
});

test('without a gateway key no managed key is used: candidates are dropped, each with its reason', async () => {
  const found = await explain({ body: { model: 'openai:gpt-4o', messages }, with_gateway_key: false });
  assert.deepEqual(found.candidates, []);
  assert.deepEqual(
    found.dropped.map(({ model }) => model),
    ['openai:gpt-4o'],
  );
  assert.ok(found.dropped.every(({ reason }) => reason.length > 0));
  assert.notEqual(found.error, null);
  assert.equal(Number(found.hold_usd), 0);
});

test('strategies of a policy that is only tried say what they chose', async () => {
  const strategy = "ai.models.filter(m, m.id == 'gpt-4o')";
  const found = await explain({
    body: { messages },
    traffic_policy: withConfig({ model_selection: { strategy: [strategy] } }),
  });
  assert.equal(found.model_selection[0]?.strategy, strategy);
  assert.equal(found.model_selection[0]?.error, null);
  assert.ok(found.model_selection[0]?.models_to_try.includes('openai:gpt-4o'));
  assert.ok(found.candidates.every(({ model }) => model === 'gpt-4o'));
  const saved = await api.operator.getEndpoint({ id: api.endpointId });
  assert.doesNotMatch(saved.traffic_policy, /strategy/);
});

test('strategies see how models did lately, as those of the gateway do', async () => {
  const fast = "ai.models.filter(m, m.id == 'gpt-4o' && m.metrics.endpoint.latency.upstream_ms_avg < 1000)";
  const traffic_policy = withConfig({ model_selection: { strategy: [fast] } });
  assert.deepEqual(namesOf(await explain({ body: { messages }, traffic_policy })), ['openai:gpt-4o']);
  const { store, accountId, endpointId } = api;
  const slow = { provider: 'openai', model: 'gpt-4o', keySource: 'managed', status: 200, totalMs: 2_000 } as const;
  const writtenMs = Date.now() - 300_000;
  await decide(store, usageRecord(writtenMs, { accountId, endpointId, attempts: [slow] }), writtenMs);
  const timing = { intervalSeconds: 60, graceSeconds: 30, stopAtMs: Number.MAX_SAFE_INTEGER };
  await rollUp({ store, now: Date.now, ...timing });
  const found = await explain({ body: { messages }, traffic_policy });
  assert.deepEqual([namesOf(found), found.model_selection[0]?.candidates_returned], [[], []]);
});

test('a model that nobody knows is explained as the error of the request', async () => {
  const found = await explain({ body: { model: 'no-such-model', messages } });
  assert.ok(found.error && found.error.status >= 400);
  assert.match(found.error.message, /no-such-model/);
  assert.deepEqual(found.candidates, []);
});

test('the fee of the deployment is in what a request may cost', async () => {
  const request = { body: { model: 'openai:gpt-4o', messages, max_tokens: 1_000 } };
  const free = await explain(request);
  const dear = await startTestManagement({ fee: { partsPerMillion: 1_000_000n, perMillionTokensNanoUsd: 0n } });
  try {
    const found = await dear.operator.explainEndpoint({ id: dear.endpointId, body: request });
    assert.ok(Number(found.hold_usd) > 1.9 * Number(free.hold_usd));
  } finally {
    await dear.close();
  }
});

test('a path or a body that can be no request is the caller’s mistake', async () => {
  for (const request of [{ path: '/v2/x', body: {} }, { body: { model: 7 } }, { body: { models: 'a' } }]) {
    const answer = await api.call('POST', `/endpoints/${api.endpointId}/explain`, { body: request });
    assert.deepEqual([answer.status, answer.body.error_code], [422, 'unusable_request'], JSON.stringify(request));
  }
});

test('a policy that is wrong is refused with its problems', async () => {
  const body = { body: { messages }, traffic_policy: withConfig({ nonsense: true }) };
  const answer = await api.call('POST', `/endpoints/${api.endpointId}/explain`, { body });
  assert.deepEqual([answer.status, answer.body.error_code], [422, 'invalid_policy']);
});

const withRules = (request: object[]) => JSON.stringify({ on_http_request: request });

test('of a policy with rules it says which apply, what they do, and which configuration answers', async () => {
  const strategy = (id: string) => ({ model_selection: { strategy: [`ai.models.filter(m, m.id == '${id}')`] } });
  const traffic_policy = withRules([
    { name: 'office', actions: [{ type: 'restrict-ips', config: { allow: ['203.0.113.0/24'] } }] },
    { actions: [{ type: 'rate-limit', config: { capacity: 1, rate: '60s', bucket_key: ["'all'"] } }] },
    {
      name: 'urgent',
      expressions: ["req.headers['x-priority'][0] == 'high'"],
      actions: [{ type: 'ai-gateway', config: strategy('gpt-4o') }],
    },
    { actions: [{ type: 'ai-gateway', config: strategy('gpt-4o-mini') }] },
  ]);
  const ask = (headers: Record<string, string>, client_ip = '203.0.113.9') =>
    explain({ body: { messages }, headers, client_ip, traffic_policy });
  const urgent = await ask({ 'X-Priority': 'high' });
  assert.deepEqual(
    urgent.rules.map(({ rule, applies }) => [rule, applies]),
    [
      ['office', true],
      ['on_http_request[1]', true],
      ['urgent', true],
    ],
  );
  assert.match(urgent.rules[1]?.actions[0]?.what ?? '', /left out/);
  assert.deepEqual([urgent.answered_by, namesOf(urgent)], ['ai-gateway', ['openai:gpt-4o']]);
  const other = await ask({});
  assert.deepEqual([other.rules.length, other.rules[2]?.applies, namesOf(other)], [4, false, ['openai:gpt-4o-mini']]);
  const outside = await ask({}, '198.51.100.1');
  assert.deepEqual([outside.error?.code, outside.answered_by, namesOf(outside)], ['ip_not_allowed', null, []]);
});

test('a request that no rule answers, and a rule that fails, are told as the gateway would tell them', async () => {
  const noRule = await explain({
    body: { messages },
    traffic_policy: withRules([{ expressions: ["req.method == 'GET'"], actions: [{ type: 'ai-gateway' }] }]),
  });
  assert.deepEqual([noRule.error?.code, noRule.error?.status], ['no_rule_answered', 404]);
  const failing = await explain({
    body: { messages },
    headers: { 'x-level': 'high' },
    traffic_policy: withRules([
      { expressions: ["int(req.headers['x-level'][0]) > 1"], actions: [{ type: 'ai-gateway' }] },
    ]),
  });
  assert.equal(failing.error?.code, 'ERR_NGROK_2254');
});
