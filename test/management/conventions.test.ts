import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

const json = { 'content-type': 'application/json' };
const plain = { 'content-type': 'text/plain' };
const keys = '/ai_gateway_api_keys';
const deep = `{"endpoint_id":${'['.repeat(40)}${']'.repeat(40)}}`;

const refusals: [
  what: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  status: number,
  code: string,
  message: RegExp,
][] = [
  ['an older version', 'GET', keys, undefined, { 'ngrok-version': '1' }, 400, 'ERR_NGROK_217', /"1"; send 2/],
  ['a body that is not JSON', 'POST', keys, '{', json, 400, 'ERR_NGROK_213', /not JSON/],
  ['another type of body', 'POST', keys, '{}', plain, 415, 'ERR_NGROK_210', /"text\/plain"; send application\/json/],
  ['a body where none belongs', 'GET', `${keys}/x`, undefined, {}, 404, 'not_found', /"x"/],
  ['a body where none belongs', 'DELETE', `${keys}/x`, '[1]', json, 400, 'ERR_NGROK_211', /takes no body/],
  ['half a surrogate pair', 'POST', keys, '{"description":"\\ud800"}', json, 400, 'ERR_NGROK_213', /surrogate/],
  ['a very deep body', 'POST', keys, deep, json, 400, 'ERR_NGROK_213', /32 levels/],
  ['a very large body', 'POST', keys, `"${'x'.repeat(1024 * 1024)}"`, json, 413, 'request_too_large', /1048576/],
  ['a body that is a list', 'POST', keys, [], json, 400, 'ERR_NGROK_215', /of the body: .*expected object/],
  ['an unknown field', 'POST', keys, { colour: 1 }, json, 422, 'ERR_NGROK_27006', /"endpoint_id" is missing/],
  [
    'an unknown field alone',
    'PATCH',
    `${keys}/x`,
    { colour: 1 },
    json,
    400,
    'ERR_NGROK_214',
    /Unknown field "colour"; there are endpoint_id, description/,
  ],
  [
    'an unknown parameter',
    'GET',
    `${keys}?colour=1`,
    undefined,
    {},
    400,
    'ERR_NGROK_214',
    /there are limit, before_id/,
  ],
  ['a limit of 101', 'GET', `${keys}?limit=101`, undefined, {}, 400, 'ERR_NGROK_215', /"limit"/],
  ['a limit of 0', 'GET', `${keys}?limit=0`, undefined, {}, 400, 'ERR_NGROK_215', /"limit"/],
  ['a limit in words', 'GET', `${keys}?limit=ten`, undefined, {}, 400, 'ERR_NGROK_215', /1 to 100/],
  ['an id that is none', 'GET', `${keys}?before_id=a%20b`, undefined, {}, 400, 'ERR_NGROK_215', /not an id/],
  ['an unknown path', 'GET', '/nothing', undefined, {}, 404, 'not_found', /no GET \/nothing; GET \/openapi.json/],
  [
    'an unknown method',
    'PUT',
    '/endpoints/ep_1',
    undefined,
    {},
    405,
    'method_not_allowed',
    /takes GET, PATCH, DELETE, not PUT/,
  ],
  ['a slash too many', 'GET', '/endpoints/ep_1/', undefined, {}, 404, 'not_found', /no GET \/endpoints\/ep_1\/;/],
  [
    'a cursor cut short',
    'GET',
    '/credits/transactions?before_id=jr_',
    undefined,
    {},
    400,
    'ERR_NGROK_215',
    /not the id/,
  ],
  ['a method that changes nothing', 'DELETE', '/models', undefined, {}, 405, 'method_not_allowed', /takes GET/],
];

for (const [what, method, path, body, headers, status, code, message] of refusals) {
  test(`${what} (${method} ${path.slice(0, 40)}) answers ${status} ${code}`, async () => {
    const answer = await api.call(method, path, { body, headers });
    assert.deepEqual([answer.status, answer.body.error_code], [status, code]);
    assert.equal(errorAnswer.parse(answer.body).status_code, status);
    assert.match(answer.body.msg as string, message);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  });
}

test('everything that is wrong is in the details', async () => {
  const { body } = await api.call('POST', keys, { body: { description: 'x'.repeat(256), metadata: 5, colour: 1 } });
  const { details } = errorAnswer.parse(body);
  assert.deepEqual(
    details.problems?.map(({ code, path }) => [code, path]),
    [
      ['ERR_NGROK_27006', 'endpoint_id'],
      ['ERR_NGROK_27004', 'description'],
      ['ERR_NGROK_215', 'metadata'],
      ['ERR_NGROK_214', 'colour'],
    ],
  );
});

test('each unknown field is named with where it is, and no further than is readable', async () => {
  const limit = { amount_usd: '1', period: 'total', colour: 1 };
  const body = { endpoint_id: api.endpointId, spend_limit: limit, size: 1, shape: 2 };
  const { details } = errorAnswer.parse((await api.call('POST', keys, { body })).body);
  assert.deepEqual(
    details.problems?.map(({ path, message }) => [path, message.replace(/;.*/, '')]),
    [
      ['spend_limit.colour', 'Unknown field "spend_limit.colour"'],
      ['size', 'Unknown field "size"'],
      ['shape', 'Unknown field "shape"'],
    ],
  );
});

test('an answer stays short, whatever is wrong with a body and however often', async () => {
  const texts = {
    'a long name': { ['k'.repeat(400_000)]: 1 },
    'a long value': { endpoint_id: 'e'.repeat(900_000) },
    'many fields': Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1])),
  };
  for (const [what, fields] of Object.entries(texts)) {
    const { status, body } = await api.call('POST', keys, { body: fields });
    assert.ok(status >= 400 && status < 500, what);
    assert.ok(JSON.stringify(errorAnswer.parse(body)).length < 50_000, what);
  }
});

test('JSON without a type, and types of JSON, are taken', async () => {
  for (const type of [
    undefined,
    'application/json; charset=utf-8',
    'application/vnd.tollgate+json',
    'APPLICATION/JSON',
  ]) {
    const response = await fetch(`${api.url}${keys}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.operatorToken}`, ...(type && { 'content-type': type }) },
      body: new TextEncoder().encode(JSON.stringify({ endpoint_id: api.endpointId })),
    });
    assert.equal(response.status, 201, type);
  }
});

test('version 2 is taken, as is none', async () => {
  assert.equal((await api.call('GET', keys, { headers: { 'ngrok-version': '2' } })).status, 200);
  assert.equal((await api.call('GET', keys)).status, 200);
});

test('lists are newest first, and following next_page_uri visits every item once', async () => {
  const { client, token } = await api.newAccount();
  const { id: endpoint_id } = await client.createEndpoint({
    body: { slug: 'paging', traffic_policy: 'on_http_request: [{ type: ai-gateway }]' },
  });
  const made: string[] = [];
  for (let count = 0; count < 5; count++) {
    made.unshift((await client.createAiGatewayApiKey({ body: { endpoint_id } })).id);
  }
  const seen: string[] = [];
  for (let uri: string | null = `${api.url}${keys}?limit=2`; uri; ) {
    const { body } = await api.call('GET', uri, { token });
    seen.push(...(body.ai_gateway_api_keys as { id: string }[]).map(({ id }) => id));
    uri = body.next_page_uri as string | null;
  }
  assert.deepEqual(seen, made);
});

test('a page of any other origin may call, and asks once in ten minutes', async () => {
  const origin = 'https://console.example.com';
  const preflight = await fetch(`${api.url}/endpoints/ep_1`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
  });
  assert.equal(preflight.status, 204);
  const { headers } = preflight;
  assert.equal(headers.get('access-control-max-age'), '600');
  assert.equal(headers.get('access-control-allow-origin'), origin);
  assert.equal(headers.get('access-control-allow-credentials'), 'true');
  assert.match(headers.get('access-control-allow-methods') ?? '', /PATCH/);
  assert.match(headers.get('access-control-allow-headers') ?? '', /if-match/);
  for (const token of [api.operatorToken, '']) {
    const answer = await api.call('GET', keys, { token, headers: { origin } });
    assert.equal(answer.headers.get('access-control-allow-origin'), origin);
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /retry-after/);
  }
  assert.equal((await api.call('GET', keys)).headers.get('access-control-allow-origin'), null);
});

test('a preflight that reaches a function gets an empty answer to complete', async () => {
  const response = await fetch(`${api.url}${keys}`, { method: 'OPTIONS' });
  assert.equal(response.status, 204);
});

test('answers are not cached, and name the origin under which they were asked for', async () => {
  const answer = await api.call('GET', `/endpoints/${api.endpointId}`);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.body.uri, `${api.url}/endpoints/${api.endpointId}`);
});

test('the operation id of an error is that of the request in the access log', async () => {
  const first = errorAnswer.parse((await api.call('GET', '/nothing')).body).details.operation_id;
  const second = errorAnswer.parse((await api.call('GET', '/nothing')).body).details.operation_id;
  assert.match(first, /^op_[0-9A-Za-z]+$/);
  assert.notEqual(first, second);
});
