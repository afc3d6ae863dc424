import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { AwsError, AwsService, AwsUnreachable } from '../../functions/store/aws-service.ts';

const definition = {
  name: 'dynamodb',
  targetPrefix: 'DynamoDB_20120810',
  jsonVersion: '1.0',
  endpointVariable: 'NO_SUCH_VARIABLE',
} as const;

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' };

interface Call {
  request: IncomingMessage;
  body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A service that gives these answers one after another, the last one for ever. */
async function startService(answers: Answer[], { attemptsMax = 3, requestTimeoutMs = 5_000 } = {}) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = answers[Math.min(calls.length, answers.length - 1)] as Answer;
    calls.push({ request, body });
    answer(response, request);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const limits = { attemptsMax, connectTimeoutMs: 5_000, requestTimeoutMs };
  return {
    service: new AwsService(definition, { endpoint, region: 'eu-central-1', credentials }, limits),
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const ok: Answer = response => response.end('{"Item":{"pk":{"S":"a"}}}');
const refuse =
  (status: number, type: string): Answer =>
  response =>
    response
      .writeHead(status)
      .end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'why' }));
const cut: Answer = (_, request) => request.socket.destroy();
const cutHalfWay: Answer = (response, request) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"Item"', () => request.socket.destroy());
};
const silent: Answer = () => {};

test('sends a signed request and returns its answer', async () => {
  const { service, calls, close } = await startService([ok]);
  assert.deepEqual(await service.call('GetItem', { TableName: 'Täble' }), { Item: { pk: { S: 'a' } } });
  const { request, body } = calls[0] as Call;
  assert.equal(body, '{"TableName":"Täble"}');
  assert.equal(request.method, 'POST');
  assert.equal(request.url, '/');
  assert.equal(request.headers['x-amz-target'], 'DynamoDB_20120810.GetItem');
  assert.equal(request.headers['content-type'], 'application/x-amz-json-1.0');
  assert.equal(request.headers['content-length'], String(Buffer.byteLength(body)));
  assert.equal(request.headers['x-amz-security-token'], 'session');
  assert.match(
    request.headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/dynamodb\//,
  );
  close();
});

test('uses one connection for calls that follow each other', async () => {
  const { service, calls, close } = await startService([ok]);
  for (let index = 0; index < 3; index++) await service.call('GetItem', {});
  assert.equal(new Set(calls.map(({ request }) => request.socket.remotePort)).size, 1);
  close();
});

for (const [what, first] of [
  ['a fault of the service', refuse(500, 'InternalServerError')],
  ['throttling', refuse(400, 'ProvisionedThroughputExceededException')],
  ['a connection that was cut', cut],
  ['an answer that was cut', cutHalfWay],
  ['silence', silent],
] as const) {
  test(`repeats a call after ${what}`, async () => {
    const { service, calls, close } = await startService([first, ok], { requestTimeoutMs: 250 });
    assert.deepEqual(await service.call('GetItem', {}), { Item: { pk: { S: 'a' } } });
    assert.equal(calls.length, 2);
    close();
  });
}

test('gives up after as many attempts as it was told', async () => {
  const { service, calls, close } = await startService([refuse(500, 'InternalServerError')], { attemptsMax: 3 });
  await assert.rejects(service.call('GetItem', {}), { name: 'InternalServerError', status: 500, message: 'why' });
  assert.equal(calls.length, 3);
  close();
});

test('makes a call once when it may not be repeated', async () => {
  for (const answer of [cut, cutHalfWay, silent, refuse(500, 'InternalServerError')]) {
    const { service, calls, close } = await startService([answer], { attemptsMax: 1, requestTimeoutMs: 250 });
    await assert.rejects(service.call('UpdateItem', {}));
    assert.equal(calls.length, 1);
    close();
  }
});

test('does not repeat what the service refused, and says what it was called', async () => {
  const { service, calls, close } = await startService([refuse(400, 'ConditionalCheckFailedException')]);
  await assert.rejects(
    service.call('PutItem', {}),
    error => error instanceof AwsError && error.name === 'ConditionalCheckFailedException' && error.status === 400,
  );
  assert.equal(calls.length, 1);
  close();
});

test('names operation and reason when no answer came', async () => {
  const { service, close } = await startService([silent], { attemptsMax: 1, requestTimeoutMs: 50 });
  await assert.rejects(
    service.call('GetItem', {}),
    error => error instanceof AwsUnreachable && error.message === 'GetItem: no answer within 50 ms',
  );
  close();
});

test('names operation and reason when nothing listens', async () => {
  const server = createTcpServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  const connection = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials };
  const limits = { attemptsMax: 1, connectTimeoutMs: 1_000, requestTimeoutMs: 1_000 };
  await assert.rejects(new AwsService(definition, connection, limits).call('GetItem', {}), /GetItem: .*ECONNREFUSED/);
});

test('says which variable is missing', () => {
  const limits = { attemptsMax: 1, connectTimeoutMs: 1, requestTimeoutMs: 1 };
  const { AWS_ACCESS_KEY_ID } = process.env;
  delete process.env.AWS_ACCESS_KEY_ID;
  try {
    assert.throws(
      () => new AwsService(definition, { endpoint: 'http://127.0.0.1:1', region: 'us-east-1' }, limits),
      /AWS_ACCESS_KEY_ID is not set/,
    );
  } finally {
    if (AWS_ACCESS_KEY_ID !== undefined) process.env.AWS_ACCESS_KEY_ID = AWS_ACCESS_KEY_ID;
  }
});
