import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GatewayEvent } from '../../../functions/events/gateway-event.ts';
import { chatAnswer, sendJson } from '../../support/upstream.ts';
import { isSigned, startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { type ClaimStack, hello, startClaimStack } from './claim-stack.ts';

const secret = 'whsec_0123456789abcdef';
const canary = 'canary-7f3a-prompt';

let stack: ClaimStack;
let receiver: WebhookReceiver;
let filtered: WebhookReceiver;
let broken: WebhookReceiver;

before(async () => {
  [stack, receiver, filtered, broken] = await Promise.all([
    startClaimStack({ TOLLGATE_ROLLUP_SECONDS: '1' }),
    startWebhookReceiver(),
    startWebhookReceiver(),
    startWebhookReceiver(),
  ]);
  broken.answer = response => response.writeHead(500).end('no');
  const types = [
    'ai_gateway_request.v0',
    'credits_low_balance.v0',
    'ai_gateway_api_key_created.v0',
    'endpoint_updated.v0',
  ];
  const all = await newDestination(receiver.url, secret);
  const some = await newDestination(filtered.url, secret);
  const dead = await newDestination(broken.url, secret);
  await subscribe(
    [all, dead],
    types.map(type => ({ type })),
  );
  await subscribe(
    [some],
    [
      {
        type: 'ai_gateway_request.v0',
        filter: "ev.object.conn.server_name == 'localhost' && ev.object.status_code == 200",
      },
    ],
  );
});
after(() => Promise.all([stack.close(), receiver.close(), filtered.close(), broken.close()]));

async function newDestination(url: string, key: string): Promise<string> {
  const made = await stack.manage('POST', '/event_destinations', { target: { webhook: { url, secret: key } } });
  const text = await made.text();
  assert.equal(made.status, 201, text);
  assert.ok(!text.includes(key));
  return JSON.parse(text).id;
}

async function subscribe(destination_ids: string[], sources: object[]): Promise<void> {
  const made = await stack.manage('POST', '/event_subscriptions', { destination_ids, sources });
  assert.equal(made.status, 201, await made.text());
}

/** Records are told of when their slot has been closed for ten seconds. */
async function eventOf(at: WebhookReceiver, isWanted: (event: GatewayEvent) => boolean): Promise<GatewayEvent> {
  for (let tries = 0; tries < 450; tries++) {
    const event = at.events().find(isWanted);
    if (event) return event;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`no such event after 45 seconds, but ${at.events().map(event => event.event_type)}`);
}

const ofRequest = (id: string | null) => (event: GatewayEvent) => event.object.id === id;

async function ask(body: object, base = ''): Promise<{ id: string | null; status: number }> {
  const answer = base
    ? await fetch(`${base}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.gatewayKey}` },
        body: JSON.stringify(body),
      })
    : await stack.post('/v1/chat/completions', body);
  await answer.text();
  return { id: answer.headers.get('ngrok-aig-request-id'), status: answer.status };
}

test('K2, K5, I3 one signed event per request, after failover with who served it, and with both token counts', async () => {
  stack.upstream.script = (request, response) => {
    if (request.path.startsWith('/openai/')) return sendJson(response, 500, { error: { message: 'down' } });
    sendJson(response, 200, { ...chatAnswer('Hello', 9, 1), model: request.body.model });
  };
  await stack.configure('{}');
  const models = ['openai:gpt-4o-mini', 'anthropic:claude-3-5-haiku-20241022'];
  const { id, status } = await ask({ models, messages: [{ role: 'user', content: canary }] });
  stack.forget();
  assert.equal(status, 200);
  const { object, ...envelope } = await eventOf(receiver, ofRequest(id));
  assert.match(envelope.event_id, /^ev_/);
  assert.equal(envelope.event_type, 'ai_gateway_request.v0');
  assert.equal(envelope.account_id, stack.accountId);
  assert.equal(envelope.principal, null);
  assert.equal(object.provider, 'anthropic');
  assert.deepEqual(
    (object.attempts as { provider: string; served: boolean; status_code: number }[]).map(attempt => [
      attempt.provider,
      attempt.status_code,
      attempt.served,
    ]),
    [
      ['openai', 500, false],
      ['anthropic', 200, true],
    ],
  );
  const tokens = object.tokens as { provider: object; estimate: { input: number; output: number } };
  assert.deepEqual(tokens.provider, { input: 9, output: 1 });
  assert.ok(tokens.estimate.input > 0 && tokens.estimate.output > 0);
  assert.equal(receiver.events().filter(ofRequest(id)).length, 1);
  for (const receipt of receiver.receipts) {
    assert.ok(isSigned(receipt, secret));
    assert.ok(!isSigned(receipt, 'whsec_another_secret'));
    assert.ok(!receipt.body.includes(canary));
    assert.ok(!receipt.body.includes(stack.gatewayKey));
  }
});

test('K3 a request that failed is told of, with its error', async () => {
  stack.upstream.script = (_request, response) => sendJson(response, 503, { error: { message: 'down' } });
  const { id, status } = await ask({ model: 'openai:gpt-4o-mini', messages: hello });
  stack.forget();
  assert.equal(status, 503);
  const { object } = await eventOf(receiver, ofRequest(id));
  assert.equal(object.outcome, 'failed');
  assert.equal(object.error_code, 'ERR_NGROK_3807');
  assert.equal((object.attempts as { failure: string }[])[0]?.failure, 'http');
});

test('K4 destinations belong to accounts and endpoints; the action refuses such a field', async () => {
  const problems = await stack.refusedConfig('event_destinations: [ed_1]');
  assert.ok(problems.some(({ message, path }) => `${path} ${message}`.includes('event_destinations')));
});

test('K11 a filter over the event decides what is sent, by server name too', async () => {
  const { port } = new URL(stack.gatewayUrl);
  const here = await ask({ model: 'openai:gpt-4o-mini', messages: hello }, `http://localhost:${port}`);
  const elsewhere = await ask({ model: 'openai:gpt-4o-mini', messages: hello }, `http://127.0.0.1:${port}`);
  assert.deepEqual([here.status, elsewhere.status], [200, 200]);
  await eventOf(filtered, ofRequest(here.id));
  await eventOf(receiver, ofRequest(elsewhere.id));
  assert.ok(
    filtered.events().every(({ object }) => (object.conn as { server_name: string }).server_name === 'localhost'),
  );
});

test('B10 an account hears once that its balance has fallen below its threshold', async () => {
  const balance = await (await stack.manage('GET', '/credits/balance')).json();
  const { available_usd } = balance as { available_usd: string };
  const threshold = (Number(available_usd) + 1).toFixed(2);
  const changed = await stack.manage('PATCH', `/accounts/${stack.accountId}`, { low_balance_threshold_usd: threshold });
  assert.equal(changed.status, 200, await changed.text());
  await ask({ model: 'openai:gpt-4o-mini', messages: hello });
  const { object } = await eventOf(receiver, ({ event_type }) => event_type === 'credits_low_balance.v0');
  assert.equal(Number(object.threshold_usd), Number(threshold));
  assert.ok(Number(object.available_usd) < Number(threshold));
});

test('changes made through the management API are told of, named after their audit entries', async () => {
  await stack.newGatewayKey();
  const made = await eventOf(receiver, ({ event_type }) => event_type === 'ai_gateway_api_key_created.v0');
  assert.match(String(made.object.audit_event_id), /^ae_/);
  assert.ok(made.principal);
  const entry = await stack.manage('GET', `/audit_events/${made.object.audit_event_id}`);
  assert.equal(((await entry.json()) as { object_id: string }).object_id, made.object.id);
});

test('a receiver that fails is seen to fail, and is in nobody else’s way', async () => {
  const list = (await (await stack.manage('GET', '/event_destinations')).json()) as {
    event_destinations: { id: string; target: { webhook: { url: string; signed: boolean } } }[];
  };
  const dead = list.event_destinations.find(({ target }) => target.webhook.url === broken.url);
  const shown = await (await stack.manage('GET', `/event_destinations/${dead?.id}`)).json();
  const { delivery } = shown as { delivery: { failures: number; last_error: string; pending_events: number } };
  assert.ok(delivery.failures > 0);
  assert.match(delivery.last_error, /answered 500$/);
  assert.ok(delivery.pending_events > 0);
  const tried = await stack.manage('POST', `/event_destinations/${dead?.id}/test`);
  const result = (await tried.json()) as { delivered: boolean; status_code: number };
  assert.deepEqual([result.delivered, result.status_code], [false, 500]);
});
