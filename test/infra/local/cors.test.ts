import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveHttpApi } from '../../../infra/local/http-api.ts';

const cors = {
  origins: ['https://*', 'http://localhost:5173'],
  methods: ['GET', 'PATCH'],
  requestHeaders: ['authorization', 'if-match'],
  responseHeaders: ['etag'],
  credentials: true,
  preflightMaxAgeSeconds: 600,
};

async function ask(method: string, headers: Record<string, string>, answer: object = { statusCode: 200, body: '{}' }) {
  let calls = 0;
  const handler = async () => {
    calls++;
    return answer;
  };
  const server = await serveHttpApi({ 'ANY /things': handler }, { cors });
  const response = await fetch(`${server.url}/things`, { method, headers });
  await server.close();
  return { status: response.status, headers: response.headers, calls };
}

test('a preflight of an allowed origin is answered without asking a function', async () => {
  for (const origin of ['https://app.example.com', 'http://localhost:5173']) {
    const { status, headers, calls } = await ask('OPTIONS', { origin, 'access-control-request-method': 'PATCH' });
    assert.deepEqual([status, calls], [204, 0]);
    assert.deepEqual(Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-'))), {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,PATCH',
      'access-control-allow-headers': 'authorization,if-match',
      'access-control-max-age': '600',
    });
  }
});

test('another origin is told nothing', async () => {
  const origin = 'http://evil.example.com';
  const preflight = await ask('OPTIONS', { origin, 'access-control-request-method': 'PATCH' });
  assert.equal(preflight.headers.get('access-control-allow-origin'), null);
  const { status, headers } = await ask('GET', { origin });
  assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, null]);
});

test('an answer says which origin may read it and which headers, whatever the function says', async () => {
  const origin = 'https://app.example.com';
  const own = { statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*', etag: '"1"' }, body: '{}' };
  const { headers } = await ask('GET', { origin }, own);
  assert.equal(headers.get('access-control-allow-origin'), origin);
  assert.equal(headers.get('access-control-expose-headers'), 'etag');
  assert.equal(headers.get('etag'), '"1"');
});

test('OPTIONS that is no preflight is a request like any other', async () => {
  assert.equal((await ask('OPTIONS', {})).calls, 1);
});
