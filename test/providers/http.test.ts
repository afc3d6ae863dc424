import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { createEgress } from '../../functions/providers/egress.ts';
import { callProvider, type ProviderCall, ProviderError } from '../../functions/providers/http.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
const egress = createEgress({ allowLoopback: true, allowPrivate: false });

before(async () => {
  upstream = await startUpstream(() => {});
});
after(() => upstream.close());

function call(changes: Partial<ProviderCall> = {}) {
  const url = new URL(`${upstream.baseUrl}/x`);
  const deadline = new AbortController().signal;
  return callProvider({ url, method: 'POST', headers: {}, body: '{}', timeoutMs: 5_000, deadline, ...changes }, egress);
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('a body arrives as it was before it was compressed, without the headers that described it', async () => {
  for (const [encoding, encode] of [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
  ] as const) {
    upstream.script = ({ headers }, response) => {
      assert.equal(headers['accept-encoding'], 'identity');
      const bytes = encode(Buffer.from('Grüße'));
      response
        .writeHead(200, { 'content-encoding': encoding, 'content-length': bytes.length, 'x-kept': '1' })
        .end(bytes);
    };
    const { headers, body } = await call();
    assert.equal(await textOf(body), 'Grüße', encoding);
    assert.deepEqual([headers['content-encoding'], headers['x-kept']], [undefined, '1']);
  }
});

test('an encoding that is not known, or that is broken, is a failure of the provider', async () => {
  for (const encoding of ['snappy', 'gzip, br', 'constructor']) {
    upstream.script = (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end('x');
    await assert.rejects(
      call(),
      (error: ProviderError) => error.failure === 'connection' && error.message.includes(encoding),
    );
  }
  upstream.script = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip');
  const { body } = await call();
  await assert.rejects(textOf(body), ProviderError);
});

test('a body that is shorter than announced, or that stops, is a failure', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half');
    setTimeout(() => response.destroy(), 20);
  };
  await assert.rejects(textOf((await call()).body), (error: ProviderError) => error.failure === 'connection');
  upstream.script = (_, response) => void response.writeHead(200).write('half');
  const { body } = await call({ timeoutMs: 100 });
  await assert.rejects(textOf(body), (error: ProviderError) => error.failure === 'timeout');
});

test('the time that our own reader takes is not the provider’s silence', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200).write('first');
    setTimeout(() => response.end('second'), 20);
  };
  const { body } = await call({ timeoutMs: 200 });
  const chunks: string[] = [];
  for await (const chunk of body) {
    chunks.push(String(chunk));
    await new Promise(resolve => setTimeout(resolve, 300));
  }
  assert.equal(chunks.join(''), 'firstsecond');
});

test('a connection is used again after an answer that was read to its end, even when it is given up then', async () => {
  const ports = new Set<string>();
  upstream.script = ({ headers }, response) => {
    ports.add(String(response.req.socket.remotePort));
    response.writeHead(200, headers['x-encoding'] ? { 'content-encoding': 'gzip' } : {});
    response.end(headers['x-encoding'] ? gzipSync('whole') : 'whole');
  };
  for (const headers of [{}, { 'x-encoding': 'gzip' }, {}] as Record<string, string>[]) {
    const answer = await call({ headers });
    assert.equal(await textOf(answer.body), 'whole');
    answer.abandon();
    await new Promise(resolve => setImmediate(resolve));
  }
  assert.equal(ports.size, 1);
});

test('an answer that is given up closes its connection', async () => {
  let closed = Promise.resolve();
  upstream.script = (_, response) => {
    closed = new Promise(resolve => response.once('close', () => resolve()));
    response.writeHead(200).write('first');
  };
  const answer = await call();
  answer.abandon();
  await closed;
  await assert.rejects(textOf(answer.body), ProviderError);
});
