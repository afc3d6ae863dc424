import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { isSigned, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

let management: TestManagement;
let receiver: WebhookReceiver;
before(async () => {
  [management, receiver] = await Promise.all([startTestManagement(), startWebhookReceiver()]);
});
after(() => Promise.all([management.close(), receiver.close()]));

const secret = 'a-long-random-webhook-secret';
const call: TestManagement['call'] = (method, path, options) => management.call(method, path, options);

async function create(target: object): Promise<Record<string, unknown>> {
  const { status, body } = await call('POST', '/event_destinations', { body: { target } });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

const webhook = () => ({ webhook: { url: receiver.url, secret } });

const targets: [target: object, shown: object][] = [
  [{ webhook: { url: 'https://example.com/x', secret } }, { webhook: { url: 'https://example.com/x', signed: true } }],
  [{ webhook: { url: 'https://example.com/x' } }, { webhook: { url: 'https://example.com/x', signed: false } }],
  [
    { datadog: { api_key: 'dd-0123456789', ddsite: 'datadoghq.eu', service: 'ai', ddtags: 'env:x' } },
    { datadog: { ddsite: 'datadoghq.eu', service: 'ai', ddtags: 'env:x' } },
  ],
  [
    { cloudwatch_logs: { log_group_arn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/ai/x:*' } },
    { cloudwatch_logs: { log_group_arn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/ai/x' } },
  ],
  [
    { firehose: { delivery_stream_arn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/x' } },
    { firehose: { delivery_stream_arn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/x' } },
  ],
  [
    { eventbridge: { event_bus_arn: 'arn:aws:events:eu-west-1:123456789012:event-bus/x' } },
    { eventbridge: { event_bus_arn: 'arn:aws:events:eu-west-1:123456789012:event-bus/x' } },
  ],
];

for (const [target, shown] of targets) {
  test(`a destination ${JSON.stringify(shown)} shows all but its secrets`, async () => {
    const made = await create(target);
    assert.deepEqual(made.target, shown);
    const { body } = await call('GET', `/event_destinations/${made.id}`);
    assert.deepEqual(body.target, shown);
    assert.deepEqual(body.delivery, {
      last_success_at: null,
      last_error_at: null,
      last_error: null,
      failures: 0,
      failing_since: null,
      next_attempt_at: null,
      pending_events: 0,
      pending_more: false,
      delivered_events: 0,
      dropped_events: 0,
    });
    assert.equal((await call('DELETE', `/event_destinations/${made.id}`)).status, 204);
    assert.equal((await call('GET', `/event_destinations/${made.id}`)).status, 404);
  });
}

const refusals: [what: string, target: object, message: RegExp][] = [
  ['no target', {}, /exactly one of/],
  ['two', { ...{ webhook: { url: 'https://a.example' } }, firehose: { delivery_stream_arn: 'x' } }, /./],
  ['plain http', { webhook: { url: 'http://example.com' } }, /must begin with https/],
  ['no address', { webhook: { url: 'example' } }, /is not an address/],
  ['a password in the address', { webhook: { url: 'https://a:b@example.com' } }, /user name/],
  ['metadata', { webhook: { url: 'https://169.254.169.254/' } }, /private or local address/],
  ['a short secret', { webhook: { url: 'https://example.com', secret: 'short' } }, /shorter than 16/],
  ['another service’s ARN', { firehose: { delivery_stream_arn: 'arn:aws:s3:::bucket' } }, /eventTargetArns/],
  ['a key that is missing', { datadog: { ddsite: 'datadoghq.com' } }, /api_key" is missing/],
  ['an unknown site', { datadog: { ddsite: 'example.com', api_key: '12345678' } }, /./],
];

for (const [what, target, message] of refusals) {
  test(`a destination with ${what} is refused`, async () => {
    const { status, body } = await call('POST', '/event_destinations', { body: { target } });
    assert.ok(status === 400 || status === 422, String(status));
    assert.match(String(body.msg), message);
  });
}

test('a test event is sent at once, and the answer says what came of it', async () => {
  const { id } = await create(webhook());
  const sent = await call('POST', `/event_destinations/${id}/test`);
  assert.equal(sent.status, 200);
  assert.deepEqual([sent.body.delivered, sent.body.error], [true, null]);
  const receipt = receiver.receipts.at(-1);
  assert.ok(receipt && isSigned(receipt, secret));
  assert.equal(receipt.events[0]?.event_id, sent.body.event_id);
  assert.equal(receipt.events[0]?.event_type, 'event_destination_test.v0');

  const rotated = 'another-long-random-secret';
  await call('PATCH', `/event_destinations/${id}`, {
    body: { target: { webhook: { url: receiver.url, secret: rotated } } },
  });
  await call('POST', `/event_destinations/${id}/test`);
  assert.ok(isSigned(receiver.receipts.at(-1) as never, rotated));
  await call('PATCH', `/event_destinations/${id}`, { body: { target: { webhook: { url: `${receiver.url}?x` } } } });
  await call('POST', `/event_destinations/${id}/test`);
  assert.ok(isSigned(receiver.receipts.at(-1) as never, rotated), 'the secret stays when none is given');
  await call('PATCH', `/event_destinations/${id}`, {
    body: { target: { webhook: { url: receiver.url, secret: null } } },
  });
  await call('POST', `/event_destinations/${id}/test`);
  assert.equal(receiver.receipts.at(-1)?.headers['tollgate-signature'], undefined);

  receiver.answer = response => response.writeHead(403).end();
  const refused = await call('POST', `/event_destinations/${id}/test`);
  receiver.answer = response => response.writeHead(204).end();
  assert.deepEqual([refused.body.delivered, refused.body.status_code], [false, 403]);
});

test('a destination is paused and resumed', async () => {
  const { id } = await create(webhook());
  const paused = await call('PATCH', `/event_destinations/${id}`, { body: { paused: true } });
  assert.deepEqual([paused.body.paused, paused.body.pause_reason], [true, 'requested']);
  assert.ok(paused.body.paused_at);
  const resumed = await call('PATCH', `/event_destinations/${id}`, { body: { paused: false } });
  assert.deepEqual([resumed.body.paused, resumed.body.paused_at, resumed.body.pause_reason], [false, null, null]);
});

test('subscriptions name event types, destinations of the account and filters that compile', async () => {
  const { id } = await create(webhook());
  const body = {
    sources: [{ type: 'ai_gateway_request.v0', filter: "ev.object.provider == 'openai'" }],
    destination_ids: [id],
  };
  const made = await call('POST', '/event_subscriptions', { body });
  assert.equal(made.status, 201);
  assert.deepEqual([made.body.sources, made.body.destination_ids], [body.sources, [id]]);
  const other = await management.newAccount();
  const cases: [object, RegExp][] = [
    [
      { ...body, sources: [{ type: 'nonsense.v0' }] },
      /"nonsense.v0" is no event type; use one of ai_gateway_request.v0/,
    ],
    [{ ...body, sources: [{ ...body.sources[0], filter: 'ev.object.provider ==' }] }, /sources/],
    [{ ...body, sources: [{ ...body.sources[0], filter: 'size(ev.object)' }] }, /must give true or false/],
    [{ ...body, destination_ids: ['ed_1'] }, /names "ed_1", which is no event destination/],
    [{ ...body, sources: [] }, /sources/],
  ];
  for (const [wrong, message] of cases) {
    const { status, body: answer } = await call('POST', '/event_subscriptions', { body: wrong });
    assert.equal(status, 400);
    assert.match(String(answer.msg), message);
  }
  const foreign = await call('POST', '/event_subscriptions', { token: other.token, body });
  assert.equal(foreign.status, 400, 'another account’s destination is none');
  assert.equal((await call('GET', `/event_subscriptions/${made.body.id}`, { token: other.token })).status, 404);

  const inUse = await call('DELETE', `/event_destinations/${id}`);
  assert.deepEqual([inUse.status, inUse.body.error_code], [409, 'destination_in_use']);
  const changed = await call('PATCH', `/event_subscriptions/${made.body.id}`, {
    body: { sources: [{ type: 'vault_created.v0' }] },
  });
  assert.deepEqual(changed.body.sources, [{ type: 'vault_created.v0' }]);
  assert.equal((await call('DELETE', `/event_subscriptions/${made.body.id}`)).status, 204);
  assert.equal((await call('DELETE', `/event_destinations/${id}`)).status, 204);
});

test('lists are newest first, page by page', async () => {
  const { token } = await management.newAccount();
  const ids: unknown[] = [];
  for (let index = 0; index < 3; index++) {
    const { body } = await call('POST', '/event_destinations', { token, body: { target: webhook() } });
    ids.unshift(body.id);
  }
  const first = await call('GET', '/event_destinations?limit=2', { token });
  const list = (answer: typeof first) => (answer.body.event_destinations as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(list(first), ids.slice(0, 2));
  const next = await call('GET', new URL(String(first.body.next_page_uri)).href, { token });
  assert.deepEqual(list(next), ids.slice(2));
  assert.equal(next.body.next_page_uri, null);
});

test('an account has at most twenty destinations', async () => {
  const { token } = await management.newAccount();
  const make = () =>
    call('POST', '/event_destinations', { token, body: { target: { webhook: { url: 'https://a.example' } } } });
  for (let index = 0; index < 20; index++) assert.equal((await make()).status, 201);
  assert.equal((await make()).body.error_code, 'limit_reached');
});
