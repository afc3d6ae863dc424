import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { toAlertEvent } from '../../functions/events/alert-event.ts';
import {
  openAws,
  openCloudWatchLogs,
  openEventBridge,
  openFirehose,
  openTopic,
} from '../../functions/events/targets/aws-targets.ts';
import { openDatadog } from '../../functions/events/targets/datadog.ts';
import { openLog } from '../../functions/events/targets/log.ts';
import { DeliveryError } from '../../functions/events/targets/target.ts';
import { openWebhook } from '../../functions/events/targets/webhook.ts';
import { createEgress } from '../../functions/providers/egress.ts';
import { AwsError } from '../../functions/store/aws-service.ts';
import { isSigned, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const timeMs = Date.UTC(2026, 10, 24, 12);
const events = [2, 1, 3].map(second =>
  toAlertEvent('cost_overrun.v0', 'ac_1', timeMs + second * 1_000, `n${second}`, { second }),
);
const batch = { id: 'b_1', events };
const egress = createEgress({ allowLoopback: true, allowPrivate: false });

let receiver: WebhookReceiver;
before(async () => {
  receiver = await startWebhookReceiver();
});
after(() => receiver.close());

const refusedWith = (message: RegExp, status: number) => (error: Error) =>
  error instanceof DeliveryError && message.test(error.message) && error.status === status;

test('a webhook gets a batch in one POST, signed with its time', async () => {
  const secret = 'a long random text';
  await openWebhook(receiver.url, secret, { egress, now: Date.now }).send(batch);
  const receipt = receiver.receipts.at(-1);
  assert.ok(receipt && isSigned(receipt, secret));
  assert.deepEqual(receipt.events, events);
  assert.equal(receipt.headers['tollgate-batch-id'], 'b_1');
  await openWebhook(receiver.url, secret, { egress, now: () => Date.now() - 600_000 }).send(batch);
  const old = receiver.receipts.at(-1);
  assert.ok(old && !isSigned(old, secret), 'receivers refuse what was signed long ago');
  await openWebhook(receiver.url, undefined, { egress, now: Date.now }).send(batch);
  assert.equal(receiver.receipts.at(-1)?.headers['tollgate-signature'], undefined);
});

test('a webhook that refuses, redirects, hangs, is not there or is not to be called has not taken anything', async () => {
  const open = (url = receiver.url, timeoutMs?: number) =>
    openWebhook(url, undefined, { egress, now: Date.now, timeoutMs });
  const before = receiver.receipts.length;
  receiver.answer = response => response.writeHead(500).end('a stack trace');
  await assert.rejects(open().send(batch), refusedWith(/^127\.0\.0\.1:\d+ answered 500$/, 500));
  receiver.answer = response => response.writeHead(302, { location: receiver.url }).end();
  await assert.rejects(open().send(batch), refusedWith(/answered 302$/, 302));
  receiver.answer = () => {};
  await assert.rejects(open(receiver.url, 50).send(batch), refusedWith(/did not answer within 50 ms/, 0));
  receiver.answer = response => response.writeHead(200).write('and on and on');
  await assert.rejects(open(receiver.url, 50).send(batch), refusedWith(/did not answer within 50 ms/, 0));
  receiver.answer = response => response.writeHead(204).end();
  assert.equal(receiver.receipts.length, before + 4, 'a redirect is not followed');
  await assert.rejects(open('http://127.0.0.1:1/').send(batch), refusedWith(/ECONNREFUSED/, 0));
  await assert.rejects(open('https://169.254.169.254/').send(batch), refusedWith(/private or local address/, 0));
});

test('Datadog gets each event as a log with the key in a header', async () => {
  let seen: { headers: IncomingMessage['headers']; logs: Record<string, unknown>[] } | undefined;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen = { headers: request.headers, logs: JSON.parse(body) };
    response.writeHead(202).end('{}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/logs`;
  await openDatadog({ site: 'datadoghq.eu', tags: 'env:test' }, 'dd-key', { egress, url }).send(batch);
  server.close();
  server.closeAllConnections();
  assert.equal(seen?.headers['dd-api-key'], 'dd-key');
  assert.deepEqual(
    seen?.logs.map(({ ddsource, ddtags, service, timestamp, event_id }) => [
      ddsource,
      ddtags,
      service,
      timestamp,
      event_id,
    ]),
    events.map(event => ['tollgate', 'env:test', 'tollgate', Date.parse(event.event_timestamp), event.event_id]),
  );
});

interface Called {
  operation: string;
  input: Record<string, unknown>;
}

/** An AWS service as its documentation has it, which notes what it is called with. */
function recordCalls(answer: (called: Called) => unknown = () => ({})) {
  const calls: Called[] = [];
  return {
    calls,
    call: async (operation: string, input: object) => {
      const called = { operation, input: input as Record<string, unknown> };
      calls.push(called);
      return answer(called);
    },
  };
}

test('CloudWatch Logs gets events in order of time, in a stream that is made when it is not there', async () => {
  let isThere = false;
  const { calls, call } = recordCalls(({ operation }) => {
    if (operation === 'CreateLogStream') isThere = true;
    else if (!isThere) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.', 400);
    return {};
  });
  await openCloudWatchLogs('arn:aws:logs:eu-west-1:123456789012:log-group:/ai/events', call).send(batch);
  assert.deepEqual(
    calls.map(({ operation }) => operation),
    ['PutLogEvents', 'CreateLogStream', 'PutLogEvents'],
  );
  const { logGroupName, logEvents } = (calls.at(-1) as Called).input as {
    logGroupName: string;
    logEvents: { timestamp: number }[];
  };
  assert.equal(logGroupName, '/ai/events');
  assert.deepEqual(
    logEvents.map(({ timestamp }) => timestamp - timeMs),
    [1_000, 2_000, 3_000],
  );
});

test('Firehose gets a line of JSON for each event; a part that it refuses makes the batch come again', async () => {
  const arn = 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/events';
  const { calls, call } = recordCalls();
  await openFirehose(arn, call).send(batch);
  const { DeliveryStreamName, Records } = (calls[0] as Called).input as {
    DeliveryStreamName: string;
    Records: { Data: string }[];
  };
  assert.equal(DeliveryStreamName, 'events');
  assert.deepEqual(
    Records.map(({ Data }) => JSON.parse(Buffer.from(Data, 'base64').toString())),
    events,
  );
  const partly = recordCalls(() => ({
    FailedPutCount: 1,
    RequestResponses: [{}, { ErrorCode: 'ServiceUnavailable' }, {}],
  }));
  await assert.rejects(
    openFirehose(arn, partly.call).send(batch),
    refusedWith(/all but 1 of 3 events: ServiceUnavailable/, 200),
  );
});

test('EventBridge gets ten entries at a time, and never more bytes than it takes', async () => {
  const arn = 'arn:aws:events:eu-west-1:123456789012:event-bus/events';
  const many = Array.from({ length: 23 }, (_, index) =>
    toAlertEvent('cost_overrun.v0', 'ac_1', timeMs, `${index}`, {}),
  );
  const { calls, call } = recordCalls();
  await openEventBridge(arn, call).send({ id: 'b', events: many });
  const entriesOf = ({ input }: Called) =>
    input.Entries as { Detail: string; DetailType: string; EventBusName: string }[];
  assert.deepEqual(
    calls.map(called => entriesOf(called).length),
    [10, 10, 3],
  );
  assert.deepEqual(
    calls.flatMap(entriesOf).map(({ Detail }) => JSON.parse(Detail)),
    many,
  );
  assert.equal(entriesOf(calls[0] as Called)[0]?.EventBusName, arn);
  const large = Array.from({ length: 4 }, (_, index) =>
    toAlertEvent('cost_overrun.v0', 'ac_1', timeMs, `${index}`, { text: 'x'.repeat(90_000) }),
  );
  const second = recordCalls();
  await openEventBridge(arn, second.call).send({ id: 'b', events: large });
  assert.deepEqual(
    second.calls.map(called => entriesOf(called).length),
    [2, 2],
  );
});

test('calls to EventBridge go side by side, so that a slow one does not make a batch take ten times as long', async () => {
  let [open, openAtMost] = [0, 0];
  const call = async () => {
    openAtMost = Math.max(openAtMost, ++open);
    await new Promise(setImmediate);
    open--;
    return { FailedEntryCount: 0 };
  };
  const many = Array.from({ length: 25 }, () => events[0] as (typeof events)[number]);
  await openEventBridge('arn:aws:events:eu-west-1:123456789012:event-bus/x', call).send({ id: 'b', events: many });
  assert.equal(openAtMost, 3);
});

test('what AWS does not allow is said with the remedy', async () => {
  const { call } = recordCalls(() => {
    throw new AwsError('AccessDeniedException', 'User is not authorized', 400);
  });
  await assert.rejects(
    openEventBridge('arn:aws:events:eu-west-1:123456789012:event-bus/events', call).send(batch),
    refusedWith(/deploy it with the ARN in -c eventTargetArns/, 400),
  );
});

test('a topic is published to by signed forms, as SNS takes them, and its refusals are read', async () => {
  const forms: { headers: IncomingMessage['headers']; form: URLSearchParams }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    forms.push({ headers: request.headers, form: new URLSearchParams(body) });
    if (forms.length < 4) return response.writeHead(200, { 'content-type': 'text/xml' }).end('<PublishResponse/>');
    const error =
      '<ErrorResponse><Error><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>';
    response.writeHead(404, { 'content-type': 'text/xml' }).end(error);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL_SNS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  const arn = 'arn:aws:sns:eu-west-1:123456789012:alerts';
  const topic = openTopic(arn, openAws('sns', arn));
  await topic.send(batch);
  const [first] = forms;
  assert.deepEqual(
    [first?.form.get('Action'), first?.form.get('Version'), first?.form.get('TopicArn'), first?.form.get('Subject')],
    ['Publish', '2010-03-31', arn, 'Tollgate: cost_overrun.v0'],
  );
  assert.deepEqual(JSON.parse(first?.form.get('Message') ?? ''), events[0]);
  assert.match(
    first?.headers.authorization ?? '',
    /\/eu-west-1\/sns\/aws4_request, SignedHeaders=content-type;host;x-amz-date,/,
  );
  assert.equal(first?.headers['x-amz-target'], undefined);
  await assert.rejects(topic.send(batch), refusedWith(/NotFound: Topic does not exist/, 404));
  server.close();
  server.closeAllConnections();
});

test('without a topic each alert is a line of the log', async () => {
  const lines: object[] = [];
  await openLog((message, details) => lines.push({ message, ...details })).send(batch);
  assert.deepEqual(
    lines,
    events.map(event => ({ message: 'alert', event })),
  );
});
