import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { authenticate } from '../../functions/gateway/authenticate.ts';
import { callModels } from '../../functions/gateway/call-models.ts';
import type { GatewayRequest } from '../../functions/gateway/gateway.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;
const keys = ['sk-first-0123456789-abcdefghij', 'sk-second-0123456789-klmnopqrst'];

before(async () => {
  upstream = await startUpstream(({ headers, body: { model } }, response) =>
    model === 'gpt-4o' && headers.authorization === `Bearer ${keys[1]}`
      ? sendJson(response, 200, chatAnswer('Hello', 9, 1))
      : sendJson(response, 429, { error: { message: 'slow down' } }),
  );
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl } });
  const apiKeys = keys.map(value => `{ value: ${value} }`).join(', ');
  await gateway.setPolicy(`on_http_request:
  - type: ai-gateway
    config:
      providers: [{ id: openai, api_keys: [${apiKeys}] }]
      model_selection: { strategy: ["ai.models.only(['gpt-4o', 'gpt-4o-mini'])"] }`);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

async function resultOf(body: object) {
  const request: GatewayRequest = {
    method: 'POST',
    path: '/v1/chat/completions',
    query: '',
    headers: { authorization: `Bearer ${gateway.token}`, 'user-agent': 'test/1', 'x-team': 'blue' },
    body: Buffer.from(JSON.stringify(body)),
    clientIp: '127.0.0.1',
    httpVersion: 'HTTP/1.1',
    timeLeftMs: 60_000,
  };
  const caller = await authenticate(request, gateway.gateway);
  const { policy } = caller.endpoint;
  assert(!policy.rules);
  const begun = {
    requestId: 'rq_test',
    startedAtMs: Date.now(),
    request,
    caller,
    facts: () => assert.fail(),
    rules: undefined,
    earlierAttempts: [],
  };
  const response = await callModels(begun, policy.aiGateway, gateway.gateway);
  for await (const _ of response.body); // an answer is read to its end before its result is whole
  const result = JSON.parse(JSON.stringify(response.result()));
  await response.finish();
  return result;
}

test('the result tells every model, key and reason of a request that succeeded', async () => {
  const messages = [{ role: 'user', content: 'Hello' }];
  const result = await resultOf({ model: 'gpt-4o', models: ['nothing', 'gpt-4.1'], messages });
  assert.equal(result.status, 'success');
  assert.equal(result.error, undefined);
  assert.deepEqual(
    [result.client.method, result.client.path, result.client.user_agent, result.client.model, result.client.models],
    ['POST', '/v1/chat/completions', 'test/1', 'gpt-4o', ['nothing', 'gpt-4.1']],
  );
  assert.equal(result.client.request_headers['x-team'], 'blue');
  assert.equal(result.client.rejected_models[0].model, 'nothing');
  assert.deepEqual(result.model_selection, [
    {
      strategy: "ai.models.only(['gpt-4o', 'gpt-4o-mini'])",
      error: null,
      candidates_returned: ['openai:gpt-4o', 'openai:gpt-4o-mini'],
      candidates_after_allowed_filter: ['openai:gpt-4o', 'openai:gpt-4o-mini'],
      candidates_after_client_filter: ['openai:gpt-4o'],
      models_to_try: ['openai:gpt-4o'],
    },
  ]);
  const [tried] = result.models_tried;
  assert.deepEqual([tried.model, tried.provider, tried.author], ['gpt-4o', 'openai', 'openai']);
  assert.deepEqual(
    tried.requests_made.map((made: { status: string; response: { status_code: number; body_on_error: string } }) => [
      made.status,
      made.response.status_code,
      made.response.body_on_error,
    ]),
    [
      ['error', 429, '{"error":{"message":"slow down"}}'],
      ['success', 200, null],
    ],
  );
  assert.deepEqual(
    [tried.requests_made[1].upstream_input_tokens, tried.requests_made[1].upstream_output_tokens],
    [9, 1],
  );
  assert.equal(tried.requests_made[0].request.api_key, 'sk-firs...ghij');
  assert.deepEqual(result.success, {
    model_index: 0,
    request_index: 1,
    model: 'gpt-4o',
    provider: 'openai',
    author: 'openai',
  });
  assert.ok(result.input_ngrok_tokens > 0 && result.output_ngrok_tokens > 0);
});

test('the result of a failed request has its error', async () => {
  const result = await resultOf({ model: 'gpt-4o-mini', messages: [] });
  assert.equal(result.status, 'error');
  assert.equal(result.error.code, 'ERR_NGROK_3807');
  assert.equal(result.success, undefined);
  assert.equal(result.models_tried[0].requests_made.length, 2);
});

test('no whole key is anywhere in a result', async () => {
  const text = JSON.stringify(await resultOf({ model: 'gpt-4o', messages: [] }));
  for (const secret of [...keys, gateway.token]) assert.ok(!text.includes(secret));
});
