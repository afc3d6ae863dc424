import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRuleExpression } from '../../../functions/policy/expressions/compile-rule-expression.ts';
import { EvaluationError } from '../../../functions/policy/expressions/expression-error.ts';
import { piiPatterns } from '../../../functions/policy/patterns/pii.ts';
import { facts, holds, refusal, request, response, secrets, value } from './policy-fixture.ts';

const read: [source: string, value: unknown][] = [
  ['req.id', 'req_1'],
  ['req.method', 'POST'],
  ['req.host', 'gateway.example:8443'],
  ['req.version', 'HTTP/1.1'],
  ['req.location', ''],
  ["req.headers['x-priority']", ['high']],
  ['req.headers.authorization[0]', 'Bearer token-1'],
  ["req.headers['x-twice']", ['a,b']],
  ['req.headers.exists(name, name == "cookie")', true],
  ["req.cookies['session'].map(c, c.value)", ['abc', 'def']],
  ["req.cookies['theme'][0]", { name: 'theme', value: 'dark' }],
  ['size(req.cookies)', 2],
  ['req.content_length', 1234],
  ['req.content_encoding', ['gzip', 'br']],
  ['req.content_type', 'application/json'],
  ['req.content_type.raw', 'Application/JSON; Charset="utf-8"; v=1'],
  ['req.content_type.parameters', { charset: 'utf-8', v: '1' }],
  ["req['content_type']['parameters']['v']", '1'],
  ['req.user_agent.startsWith("Mozilla")', true],
  ['req.user_agent.name', 'Safari'],
  ['req.user_agent.version', '17.0'],
  ['req.user_agent.os + req.user_agent.os_version', 'iOS17.0'],
  ['req.user_agent.device', 'iPhone'],
  ['req.user_agent.url', ''],
  [
    '[req.user_agent.is_mobile, req.user_agent.is_tablet, req.user_agent.is_desktop, req.user_agent.is_bot]',
    [true, false, false, false],
  ],
  ['req.url', 'https://gateway.example:8443/v1/chat%20x/completions?a=1&b=two%20words&a=3'],
  ['req.url.raw', 'https://gateway.example:8443/v1/../v1/chat%20x/completions?a=1&b=two%20words&a=3'],
  ['req.url.scheme', 'https'],
  ['req.url.authority', 'gateway.example:8443'],
  ['req.url.host', 'gateway.example'],
  ['req.url.port', 8443],
  ['req.url.path', '/v1/chat%20x/completions'],
  ['req.url.raw_path', '/v1/../v1/chat%20x/completions'],
  ['req.url.query', 'a=1&b=two%20words&a=3'],
  ['req.url.query_params', { a: ['1', '3'], b: ['two words'] }],
  ['req.url.uri', '/v1/../v1/chat%20x/completions?a=1&b=two%20words&a=3'],
  ['req.ts.header_received', '2026-01-02T03:04:05.600Z'],
  ["req.ts.body_received > timestamp('2026-01-02T00:00:00Z')", true],
  ['conn.client_ip', '203.0.113.9'],
  ['conn.server_region', 'eu-central-1'],
  ['endpoint.id', 'ep_1'],
  ['endpoint.slug', 'support'],
  ['endpoint.url', 'https://gateway.example/e/support'],
  ['endpoint.host', 'gateway.example'],
  ['endpoint.port', 443],
  ['endpoint.addr', 'gateway.example:443'],
  ['endpoint.protocol', 'https'],
  ['time.now', '2026-01-02T03:04:07.000Z'],
  ['timestamp(time.now).getHours()', 3],
  ['vars.team', 'red'],
  ['vars.count + 1', 4],
  ['vars.count % 2', 1],
  ['vars.list.filter(item, item.size == 2)[0].name', 'b'],
  ['actions.ngrok.rate_limit.bucket_key', 'k'],
  ['actions', { ngrok: { rate_limit: { limited: false, bucket_key: 'k' } } }],
  ["secrets.get('v', 's')", 'hidden'],
  ['pii.ssn', piiPatterns.ssn],
  ["'123-45-6789'.matches(pii.ssn)", true],
];

for (const [source, expected] of read) test(`${source} is read`, () => assert.deepEqual(value(source), expected));

const readOfAnswers: [source: string, value: unknown][] = [
  ['res.status_code', 429],
  ["res.headers['x-request-id'][0]", 'abc'],
  ['res.location', ''],
  ['res.content_type', 'text/event-stream'],
  ['res.content_type.raw', 'text/event-stream; charset=utf-8'],
  ['res.content_type.parameters.charset', 'utf-8'],
  ['res.content_encoding', []],
  ['res.content_length', 17],
  ['res.cookies.id[1].value', '2'],
  ['res.cookies.id[1].path', null],
  [
    'res.cookies.id[0]',
    {
      name: 'id',
      value: '1',
      path: '/a',
      domain: 'x.example',
      expires: '2026-10-21T07:28:00.000Z',
      max_age: 60,
      same_site: 'Lax',
      secure: true,
      http_only: true,
    },
  ],
  ['req.method', 'POST'],
];

for (const phase of ['on_http_response', 'on_event_stream_message'] as const) {
  for (const [source, expected] of readOfAnswers) {
    test(`${source} is read in ${phase}`, () => assert.deepEqual(value(source, { response }, phase), expected));
  }
}

const notTold = 'is not known: a Function URL does not tell it';

const unknown: [source: string, message: RegExp][] = [
  [
    'conn.geo.country_code',
    /^"conn\.geo\.country_code" is not known: a Function URL does not tell it; use a header that/,
  ],
  ['conn.geo.location.latitude', /^"conn\.geo\.location\.latitude" is not known/],
  ['conn.client_ip.geo.city', new RegExp(`^"conn\\.client_ip\\.geo\\.city" ${notTold}; use conn\\.client_ip`)],
  ["conn['client_ip']['categories']", /^"conn\.client_ip\.categories" is not known/],
  ['conn.client_port', new RegExp(`^"conn\\.client_port" ${notTold}; use conn\\.client_ip`)],
  ['conn.server_ip', /^"conn\.server_ip" is not known/],
  ['conn.server_port', /^"conn\.server_port" is not known/],
  ['conn.tls.sni', /^"conn\.tls\.sni" is not known/],
  ['conn.k8s.pod.name', /^"conn\.k8s\.pod\.name" is not known/],
  ['conn.ts.start', /^"conn\.ts\.start" is not known.*req\.ts\.header_received/],
  ['conn.bytes_in', /^"conn\.bytes_in" is not known.*req\.content_length/],
  ['conn.bytes_out', /^"conn\.bytes_out" is not known/],
  ['req.trailers.x[0]', /^"req\.trailers\.x" is not known.*req\.headers|^"req\.trailers" is not known/],
  ['req.url.user_password', /^"req\.url\.user_password" is not known/],
  ['req.body', /^"req\.body" is not known: there is no body variable: rules cannot depend on the content of a message/],
  ["req.body.messages[0].content == 'x'", /there is no body variable/],
  ['has(req.body.model)', /there is no body variable/],
  ['req.metod', /^req has no field "metod"; did you mean "method"\?/],
  ['req.url.hots', /^req has no field "url\.hots"; did you mean "url\.host"/],
  ['pii.sn', /^pii has no field "sn"; did you mean "ssn"\?/],
  ['rec.method', /^there is no variable "rec" here; did you mean "req"/],
  ['ai.models', /^there is no variable "ai" here/],
  ['attempts', /^there is no variable "attempts" here/],
];

for (const [source, message] of unknown) test(`${source} is refused`, () => assert.match(refusal(source), message));

test('res is refused in rules of requests, and says where it belongs', () => {
  const message =
    '"res" is not known before there is an answer; move it into a rule of on_http_response (line 1, column 1)';
  assert.equal(refusal('res.status_code == 200'), message);
  assert.match(refusal("getResHeader('x')"), /^"getResHeader" cannot be called before there is an answer; move it/);
  assert.match(
    refusal('res.trailers.x', 'on_http_response'),
    /^"res\.trailers\.x" is not known: answers have none here/,
  );
  assert.match(refusal('res.body.id', 'on_http_response'), /there is no body variable/);
});

test('names of headers that can never match are refused', () => {
  const message = `names of headers are in lower case here, so "X-Priority" never matches; write req.headers['x-priority']`;
  assert.equal(refusal("req.headers['X-Priority'][0] == 'high'"), `${message} (line 1, column 1)`);
  assert.equal(refusal("'X-Priority' in req.headers"), `${message} (line 1, column 1)`);
  assert.match(refusal("res.headers['ETag']", 'on_http_response'), /write res\.headers\['etag'\]/);
});

test('a list of header values is not taken for a text', () => {
  const message = `"req.headers['x-priority']" is a list of values; write "req.headers['x-priority'][0]" (line 1, column 1)`;
  assert.equal(refusal("req.headers['x-priority'] == 'high'"), message);
  assert.equal(refusal("req.headers['x-priority'].startsWith('h')"), message);
  assert.match(refusal("'high' != req.headers.host"), /^"req\.headers\.host" is a list of values/);
  assert.match(refusal("req.url.query_params['q'].lower()"), /^"req\.url\.query_params\['q'\]" is a list of values/);
  assert.match(refusal("req.cookies['q'].matches('a')"), /^"req\.cookies\['q'\]" is a list of values/);
});

test('a loop cannot take the name of a variable', () => {
  assert.match(refusal('[1].map(req, req)'), /^"req" is the name of a variable already; name the element otherwise/);
  assert.match(refusal('cel.bind(vars, 1, vars)'), /^"vars" is the name of a variable already/);
});

test('nothing is parsed that the expression does not read, and what is read is parsed once', () => {
  const reads: string[] = [];
  const watched = new Proxy(request, {
    get(target, field) {
      reads.push(String(field));
      return Reflect.get(target, field);
    },
  });
  assert.equal(holds("req.method == 'POST'", { request: watched }), true);
  assert.deepEqual(reads, ['method']);
  for (let time = 0; time < 3; time++) holds("req.url.query_params['a'][0] == '1'", { request: watched });
  assert.deepEqual(reads, ['method', 'query']);
});

test('strange requests are read too', () => {
  const strange = {
    ...request,
    host: 'not a host',
    path: '//',
    query: '',
    headers: { cookie: ';;=;', __proto__: 'x' },
  };
  assert.equal(value('req.url.host', { request: strange }), 'unknown');
  assert.equal(value('req.url.uri', { request: strange }), '//');
  assert.deepEqual(value('req.cookies', { request: strange }), {});
  assert.equal(value('req.url.port', { request: strange }), null);
  assert.deepEqual(value('[req.user_agent.name, req.content_type]', { request: strange }), ['', '']);
});

const agents: [header: string, name: string, version: string, kind: string, url: string][] = [
  ['curl/8.4.0', 'curl', '8.4.0', '', ''],
  [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Googlebot',
    '2.1',
    'is_bot',
    'http://www.google.com/bot.html',
  ],
  ['SomeCrawler/1.0', 'SomeCrawler', '1.0', 'is_bot', ''],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91',
    'Edge',
    '120.0.2210.91',
    'is_desktop',
    '',
  ],
];

for (const [header, name, version, kind, url] of agents) {
  test(`the user agent ${header.slice(0, 30)} is ${name}`, () => {
    const overrides = { request: { ...request, headers: { 'user-agent': header } } };
    assert.deepEqual(value('[req.user_agent.name, req.user_agent.version, req.user_agent.url]', overrides), [
      name,
      version,
      url,
    ]);
    for (const field of ['is_mobile', 'is_tablet', 'is_desktop', 'is_bot']) {
      assert.equal(value(`req.user_agent.${field}`, overrides), field === kind, field);
    }
  });
}

test('facts where there are none, and an answer before there is one, are run-time errors', () => {
  const rule = compileRuleExpression("secrets.get('v', 's') == 'hidden' && req.method == 'POST'", 'on_http_request');
  assert.throws(
    () => rule.holds({ secrets }),
    (error: Error) => {
      assert(error instanceof EvaluationError);
      assert.match(error.message, /^"req" is not known here: this text is read outside of a request/);
      return true;
    },
  );
  assert.equal(compileRuleExpression("secrets.get('v', 's') == 'hidden'", 'on_http_request').holds({ secrets }), true);
  const ofAnswer = compileRuleExpression('res.status_code == 200', 'on_http_response');
  assert.throws(() => ofAnswer.holds({ secrets, facts: facts() }), /^EvaluationError: There is no answer yet/);
});
