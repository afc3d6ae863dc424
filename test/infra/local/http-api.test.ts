import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type HttpApiHandler, serveHttpApi } from '../../../infra/local/http-api.ts';

async function withApi(
  routes: Record<string, HttpApiHandler>,
  use: (url: string, reports: string[]) => Promise<void>,
  options: { timeoutMs?: number } = {},
) {
  const reports: string[] = [];
  const report = (message: string, error?: unknown) =>
    reports.push(error instanceof Error ? `${message}: ${error.message}` : message);
  const server = await serveHttpApi(routes, { report, ...options });
  try {
    await use(server.url, reports);
  } finally {
    await server.close();
  }
}

const named =
  (name: string): HttpApiHandler =>
  async ({ routeKey, pathParameters }) => ({
    statusCode: 200,
    body: JSON.stringify([name, routeKey, pathParameters ?? null]),
  });

describe('a route', () => {
  const routes = {
    'ANY /ai_gateway_api_keys': named('keys'),
    'ANY /ai_gateway_api_keys/{id}': named('keys'),
    'ANY /dashboard/{proxy+}': named('dashboard'),
    'ANY /dashboard/api/{name}': named('parameter'),
    'ANY /dashboard/api/state': named('literal'),
  };
  const paths: [path: string, answer: [string, string, Record<string, string> | null] | undefined][] = [
    ['/ai_gateway_api_keys', ['keys', 'ANY /ai_gateway_api_keys', null]],
    ['/ai_gateway_api_keys?limit=1', ['keys', 'ANY /ai_gateway_api_keys', null]],
    ['/ai_gateway_api_keys/aigk_1', ['keys', 'ANY /ai_gateway_api_keys/{id}', { id: 'aigk_1' }]],
    ['/ai_gateway_api_keys/a%2Fb%20c', ['keys', 'ANY /ai_gateway_api_keys/{id}', { id: 'a/b c' }]],
    ['/ai_gateway_api_keys/%zz', ['keys', 'ANY /ai_gateway_api_keys/{id}', { id: '%zz' }]],
    ['/dashboard/app/main.js', ['dashboard', 'ANY /dashboard/{proxy+}', { proxy: 'app/main.js' }]],
    ['/dashboard/api/other', ['parameter', 'ANY /dashboard/api/{name}', { name: 'other' }]],
    ['/dashboard/api/state', ['literal', 'ANY /dashboard/api/state', null]],
    ['/ai_gateway_api_keys/', undefined],
    ['/ai_gateway_api_keys/aigk_1/more', undefined],
    ['/dashboard/', undefined],
    ['/dashboard', undefined],
    ['/', undefined],
    ['/unknown', undefined],
  ];
  for (const [path, answer] of paths) {
    test(`for ${path} is ${answer?.[1] ?? 'not found'}`, async () => {
      await withApi(routes, async url => {
        const response = await fetch(url + path);
        assert.equal(response.status, answer ? 200 : 404);
        assert.deepEqual(await response.json(), answer ?? { message: 'Not Found' });
      });
    });
  }

  test('with a method takes that method and wins over ANY; what no route takes goes to $default', async () => {
    const own = {
      'GET /things/{id}': named('get'),
      'ANY /things/{id}': named('any'),
      'POST /things': named('post'),
      $default: named('default'),
    };
    const answers: [method: string, path: string, name: string, routeKey: string][] = [
      ['GET', '/things/1', 'get', 'GET /things/{id}'],
      ['PUT', '/things/1', 'any', 'ANY /things/{id}'],
      ['POST', '/things', 'post', 'POST /things'],
      ['GET', '/things', 'default', '$default'],
      ['GET', '/', 'default', '$default'],
    ];
    await withApi(own, async url => {
      for (const [method, path, name, routeKey] of answers) {
        const [answered, key] = (await (await fetch(url + path, { method })).json()) as [string, string];
        assert.deepEqual([answered, key], [name, routeKey], `${method} ${path}`);
      }
    });
  });

  test('hands every method and body to its handler', async () => {
    const echo: HttpApiHandler = async (event: APIGatewayProxyEventV2) => ({
      method: event.requestContext.http.method,
      rawPath: event.rawPath,
      query: event.queryStringParameters,
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
    });
    await withApi({ 'ANY /credits/grants': echo }, async url => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/credits/grants?a=1`, { method: 'PATCH', headers, body: '{}' });
      assert.deepEqual(await response.json(), {
        method: 'PATCH',
        rawPath: '/credits/grants',
        query: { a: '1' },
        body: '{}',
        isBase64Encoded: false,
      });
    });
  });
});

describe('a result', () => {
  const answerTo = async (result: unknown, use: (response: Response) => Promise<void>) =>
    withApi({ 'ANY /': async () => result }, async url => use(await fetch(url)));

  test('sets status, headers, cookies and body', async () => {
    const result = {
      statusCode: 201,
      headers: { 'Content-Type': 'text/plain', 'x-count': 3 },
      cookies: ['a=1', 'b=2'],
      body: 'made',
    };
    await answerTo(result, async response => {
      assert.equal(response.status, 201);
      assert.equal(response.headers.get('content-type'), 'text/plain');
      assert.equal(response.headers.get('x-count'), '3');
      assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
      assert.equal(response.headers.get('content-length'), '4');
      assert.equal(await response.text(), 'made');
    });
  });

  test('in base64 is sent as bytes', async () => {
    await answerTo(
      { statusCode: 200, body: Buffer.from([0, 255]).toString('base64'), isBase64Encoded: true },
      async response => {
        assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 255]);
      },
    );
  });

  test('may have no body', async () => {
    await answerTo({ statusCode: 204 }, async response => {
      assert.equal(response.status, 204);
      assert.equal(await response.text(), '');
    });
  });

  test('without a status is itself the body', async () => {
    await answerTo({ id: 'ep_1' }, async response => {
      assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/json']);
      assert.deepEqual(await response.json(), { id: 'ep_1' });
    });
  });
});

describe('a handler', () => {
  test('that throws is reported and answers 500', async () => {
    const failing = async () => {
      throw new Error('no luck');
    };
    await withApi({ 'ANY /a': failing }, async (url, reports) => {
      const response = await fetch(`${url}/a`);
      assert.equal(response.status, 500);
      assert.deepEqual(await response.json(), { message: 'Internal Server Error' });
      assert.deepEqual(reports, ['ANY /a: the handler failed: no luck']);
    });
  });

  test('whose headers cannot be sent is reported and answers 500', async () => {
    await withApi({ 'ANY /': async () => ({ statusCode: 200, headers: { a: '\n' } }) }, async (url, reports) => {
      assert.equal((await fetch(url)).status, 500);
      assert.equal(reports.length, 1);
    });
  });

  test('whose result is over 6 MB as JSON is reported and answers 500', async () => {
    const result = { statusCode: 200, body: '"'.repeat(3.1 * 1024 * 1024) };
    await withApi({ 'ANY /': async () => result }, async (url, reports) => {
      assert.equal((await fetch(url)).status, 500);
      assert.deepEqual(reports, ['ANY /: the result has over 6291456 bytes']);
    });
  });

  test('that takes too long is reported and answers 503', async () => {
    await withApi(
      { 'ANY /': () => delay(50) },
      async (url, reports) => {
        const response = await fetch(url);
        assert.equal(response.status, 503);
        assert.deepEqual(await response.json(), { message: 'Service Unavailable' });
        assert.deepEqual(reports, ['ANY /: no answer within 10 ms']);
      },
      { timeoutMs: 10 },
    );
  });
});

test('a body over 10 MB is refused with 413 before the handler', async () => {
  await withApi({ 'ANY /': async () => assert.fail('the handler was called') }, async (url, reports) => {
    const response = await fetch(url, { method: 'POST', body: Buffer.alloc(11 * 1024 * 1024) });
    assert.equal(response.status, 413);
    assert.deepEqual(await response.json(), { message: 'Request Entity Too Large' });
    assert.deepEqual(reports, []);
  });
});
