import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { callAddress } from '../../functions/gateway/outgoing-call.ts';
import { CallFailed, type OutgoingCall } from '../../functions/policy/run/policy-run.ts';
import { createEgress } from '../../functions/providers/egress.ts';

let answer: RequestListener = (_, response) => response.end();
const server = createServer((request, response) => answer(request, response));
before(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.close();
  server.closeAllConnections();
});

const local = createEgress({ allowLoopback: true, allowPrivate: false });
const deployed = createEgress({ allowLoopback: false, allowPrivate: false });
const here = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/check?token=hunter2`;

function call(url: string, more: Partial<OutgoingCall> = {}, egress = local) {
  const parts = { method: 'GET', headers: {}, body: undefined, timeoutMs: 5_000, ...more };
  return callAddress({ url: new URL(url), ...parts }, egress);
}

async function failure(calling: Promise<unknown>): Promise<string> {
  try {
    await calling;
  } catch (error) {
    assert(error instanceof CallFailed, String(error));
    assert.doesNotMatch(error.message, /hunter2/);
    return error.message;
  }
  throw new assert.AssertionError({ message: 'it was answered' });
}

test('sends what it is given and gives what comes back', async () => {
  answer = (request, response) => {
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      response.writeHead(201, { 'x-method': request.method ?? '', 'x-token': request.headers['x-token'] ?? '' });
      response.end(`got ${body}`);
    });
  };
  const { status, headers, body } = await call(here(), { method: 'POST', headers: { 'x-token': 'a' }, body: 'hello' });
  assert.deepEqual([status, headers['x-method'], headers['x-token'], String(body)], [201, 'POST', 'a', 'got hello']);
});

test('redirects are given back', async () => {
  answer = (_, response) => response.writeHead(302, { location: 'https://example.com/' }).end();
  assert.equal((await call(here())).status, 302);
});

const forbidden: [string, string, RegExp][] = [
  ['this machine', 'http://127.0.0.1:1/', /does not call/],
  ['this machine by name', 'http://localhost:1/', /does not call/],
  ['the metadata service', 'https://169.254.169.254/latest/meta-data', /does not call/],
  ['a private network', 'https://10.0.0.1/', /does not call/],
  ['plain http', 'http://example.com/', /use https/],
  ['another protocol', 'ftp://example.com/', /use https/],
  ['a password in the URL', 'https://ann:hunter2@example.com/', /user or password/],
];

for (const [what, url, message] of forbidden) {
  test(`is not called: ${what}`, async () => {
    assert.match(await failure(call(url, {}, deployed)), message);
  });
}

test('an answer that is too large is given up', async () => {
  answer = (_, response) => {
    const chunk = Buffer.alloc(65_536);
    const write = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  };
  assert.match(await failure(call(here())), /larger than 1048576 bytes/);
});

test('a slow answer is given up, before its headers and drop by drop', async () => {
  answer = () => {};
  assert.match(await failure(call(here(), { timeoutMs: 50 })), /did not answer within 50 ms/);
  answer = (_, response) => {
    const timer = setInterval(() => response.write('.'), 10);
    response.once('close', () => clearInterval(timer));
  };
  assert.match(await failure(call(here(), { timeoutMs: 100 })), /did not answer within 100 ms/);
});
