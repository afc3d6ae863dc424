import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { EvaluationError, ExpressionError } from '../../../functions/policy/expressions/expression-error.ts';
import { request, response, value } from './policy-fixture.ts';

/** What an expression gives; a regular expression is the message of its failure. */
type Row = [source: string, expected: unknown];

const sha256 = createHash('sha256').update('hello').digest();

const rows: Record<string, Row[]> = {
  'base64.encode': [
    ["base64.encode(b'hello')", 'aGVsbG8='],
    ["base64.encode('')", ''],
    ['base64.encode(1)', /is not how "encode" is called; write Base64\.encode\(bytes\) or Base64\.encode\(string\)/],
  ],
  'base64.decode': [
    ["string(base64.decode('aGVsbG8='))", 'hello'],
    ["base64.decode('').size()", 0],
    ["base64.decode('aGVsbG8')", /^The text is not base64/],
  ],
  encodeBase64: [
    ["'some:thing'.encodeBase64()", 'c29tZTp0aGluZw=='],
    ["'é'.encodeBase64()", 'w6k='],
    ['[1].encodeBase64()', /is not how "encodeBase64" is called/],
  ],
  decodeBase64: [
    ["'c29tZTp0aGluZw=='.decodeBase64()", 'some:thing'],
    ["''.decodeBase64()", ''],
    ["'***'.decodeBase64()", /^The text is not base64/],
  ],
  'basic_auth.encode': [
    ["basic_auth.encode('username', 'password1')", 'Basic dXNlcm5hbWU6cGFzc3dvcmQx'],
    ["basic_auth.encode('', '')", 'Basic Og=='],
    ["basic_auth.encode('u')", /is not how "encode" is called/],
  ],
  'json.encode': [
    ["json.encode({'a': [1, 2.5, true, null]})", '{"a":[1,2.5,true,null]}'],
    ['json.encode(req.content_type.parameters)', '{"charset":"utf-8","v":"1"}'],
    ['json.encode([secrets])', /^The expression gives an object that has no text/],
  ],
  'json.decode': [
    [`json.decode('{"a":"b"}').a`, 'b'],
    [`json.decode(getReqHeader('x-list')[0])[0] == "first entry"`, true],
    ["json.decode('not json')", /^The text is not JSON; isJson\(\) tells$/],
  ],
  encodeJson: [
    ["['a', 'b'].encodeJson()", '["a","b"]'],
    ["{'a': {'b': 1u}}.encodeJson()", '{"a":{"b":1}}'],
    ["'a'.encodeJson()", /is not how "encodeJson" is called/],
  ],
  decodeJson: [
    [`'[1, {"a": null}]'.decodeJson()[1]`, { a: null }],
    ["'7'.decodeJson() + 1", 8],
    [`'${'['.repeat(70)}${']'.repeat(70)}'.decodeJson()`, /^A value is nested more than 64 levels deep$/],
  ],
  'queryString.encode': [
    ["queryString.encode({'q': 'a b', 'n': 1})", 'q=a+b&n=1'],
    ["queryString.encode({'l': ['x', 'y'], 'e': null})", 'l=x&l=y&e='],
    ["queryString.encode({'m': {'a': 1}})", /^A query string holds texts, numbers and lists of them$/],
  ],
  'queryString.decode': [
    ["queryString.decode('q=hello&a=%20')", { q: 'hello', a: ' ' }],
    ["queryString.decode('a=1&b&a=2')", { a: ['1', '2'], b: '' }],
    ["queryString.decode('a=1')['b']", /^No such key: b$/],
  ],
  encodeQueryString: [
    ["{'a': 'b', 'c': 'd'}.encodeQueryString()", 'a=b&c=d'],
    ['{}.encodeQueryString()', ''],
    ["'a'.encodeQueryString()", /is not how "encodeQueryString" is called/],
  ],
  decodeQueryString: [
    ["'a=b&c=d'.decodeQueryString()", { a: 'b', c: 'd' }],
    ["'__proto__=x'.decodeQueryString()['__proto__']", 'x'],
    ['1.decodeQueryString()', /./],
  ],
  'url.escape': [
    ["url.escape('i;md/r/$y')", 'i%3Bmd%2Fr%2F%24y'],
    ["url.escape('a b!')", 'a%20b%21'],
    ['url.escape(1)', /is not how "escape" is called/],
  ],
  'url.unescape': [
    ["url.unescape('i%3Bmd%2Fr%2F%24y')", 'i;md/r/$y'],
    ["url.unescape('a+b')", 'a b'],
    ["url.unescape('%zz')", /^The text is not percent-encoded/],
  ],
  'url.parse': [
    ["url.parse('https://ngrok.com').host", 'ngrok.com'],
    ["url.parse('https://u:p@x.example:1/a?b=1&b=2#c').query_params.b[1]", '2'],
    ["url.parse('not a url')", /^The text is not a URL; isURL\(\) tells$/],
  ],
  escapeUrl: [
    ["'i;md/r/$y'.escapeUrl()", 'i%3Bmd%2Fr%2F%24y'],
    ["'(*)'.escapeUrl()", '%28%2A%29'],
    ['[].escapeUrl()', /./],
  ],
  unescapeUrl: [
    ["'i%3Bmd%2Fr%2F%24y'.unescapeUrl()", 'i;md/r/$y'],
    ["''.unescapeUrl()", ''],
    ["'%e9'.unescapeUrl()", /^The text is not percent-encoded/],
  ],
  parseUrl: [
    ["'https://ngrok.com'.parseUrl().scheme", 'https'],
    ["'https://ngrok.com'.parseUrl().port", null],
    ["'/path'.parseUrl()", /^The text is not a URL/],
  ],
  getReqHeader: [
    ["getReqHeader('X-Priority')", ['high']],
    ["getReqHeader('none')", []],
    ['getReqHeader(1)', /^getReqHeader\(\) takes a string, not int/],
  ],
  hasReqHeader: [
    ["hasReqHeader('X-Priority')", true],
    ["hasReqHeader('__proto__')", false],
    ['hasReqHeader(vars.count)', /^hasReqHeader\(\) takes a string$/],
  ],
  getQueryParam: [
    ["getQueryParam('a')", ['1', '3']],
    ["getQueryParam('A')", []],
    ['getQueryParam(1)', /takes a string/],
  ],
  hasQueryParam: [
    ["hasQueryParam('b')", true],
    ["hasQueryParam('none')", false],
    ['hasQueryParam()', /is not how "hasQueryParam" is called/],
  ],
  getReqCookie: [
    ["getReqCookie('session')", { name: 'session', value: 'abc' }],
    ["getReqCookie('none')", null],
    ['getReqCookie(1)', /takes a string/],
  ],
  hasReqCookie: [
    ["hasReqCookie('session')", true],
    ["hasReqCookie('broken')", false],
    ['hasReqCookie(1)', /takes a string/],
  ],
  getResHeader: [
    ["getResHeader('X-Request-Id')", ['abc']],
    ["getResHeader('none')", []],
    ['getResHeader(1)', /takes a string/],
  ],
  hasResHeader: [
    ["hasResHeader('Content-Type')", true],
    ["hasResHeader('none')", false],
    ['hasResHeader(1)', /takes a string/],
  ],
  getResCookie: [
    ["getResCookie('id').max_age", 60],
    ["getResCookie('none')", null],
    ['getResCookie(1)', /takes a string/],
  ],
  hasResCookie: [
    ["hasResCookie('id')", true],
    ["hasResCookie('none')", false],
    ['hasResCookie(1)', /takes a string/],
  ],
  // The polynomials' own test vectors: "123456789", and those of the product's documentation.
  crc32: [
    ["hash.crc32('hello')", '3610a686'],
    ["hash.crc32('123456789')", 'cbf43926'],
    ["'hello'.crc32('base64')", 'NhCmhg=='],
    ["'hello'.crc32('octal')", /^A hash is written as 'hex' or as 'base64', not as "octal"/],
  ],
  crc64: [
    ["hash.crc64('hello', 'hex')", '3c3eeee2d8100000'],
    ["hash.crc64('123456789')", 'b90956c775a41001'],
    ["'hello'.crc64('base64')", 'PD7u4tgQAAA='],
    ["'hello'.crc64(vars.team)", /^A hash is written as 'hex' or as 'base64'$/],
  ],
  md5: [
    ["hash.md5('hello')", '5d41402abc4b2a76b9719d911017c592'],
    ["''.md5('base64')", '1B2M2Y8AsgTpgAmY7PhCfg=='],
    ["hash.md5('a', 'HEX')", /^A hash is written as/],
  ],
  sha1: [
    ["hash.sha1('hello', 'base64')", 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ["''.sha1()", 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['hash.sha1(1)', /is not how "sha1" is called/],
  ],
  sha256: [
    ["hash.sha256('hello')", sha256.toString('hex')],
    ["'hello'.sha256('base64')", sha256.toString('base64')],
    ['hash.sha256()', /is not how "sha256" is called/],
  ],
  sha512: [
    ["hash.sha512('hello').substring(0, 8)", '9b71d224'],
    ["''.sha512('base64').size()", 88],
    ["'a'.sha512(1)", /is not how "sha512" is called/],
  ],
  // https://github.com/Cyan4973/xxHash, and vectors of its ports
  xxhash64: [
    ["hash.xxhash64('hello')", '26c7827d889f6da3'],
    ["''.xxhash64()", 'ef46db3751d8e999'],
    ["'abc'.xxhash64()", '44bc2cf5ad770999'],
    ["'Call me Ishmael. Some years ago--never mind how long precisely-'.xxhash64()", '02a2e85470d6fd96'],
    ["hash.xxhash64('hello', 'base64')", 'JseCfYifbaM='],
    ["hash.xxhash64('hello', '')", /^A hash is written as/],
  ],
  join: [
    ["['hello', 'mellow'].join(' ')", 'hello mellow'],
    ["[].join('/') + ['a', 'b'].join()", 'ab'],
    ["[1, 2].map(x, dyn(x)).join('')", /^join\(\) works on a list of strings$|no matching overload/],
    ["lists.range(9000).map(x, '').join('0123456789')", /^A text of 89990 characters is too long; 16384 is the limit$/],
  ],
  slice: [
    ['[1, 2, 3, 4].slice(1, 3)', [2, 3]],
    ['[1].slice(1, 1)', []],
    ['[1].slice(0, 2)', /^slice\(0, 2\) is outside the list, which has 1 elements$/],
  ],
  flatten: [
    ['[1, [2, [3]]].flatten()', [1, 2, [3]]],
    ['[1, [2, [3]]].flatten(2)', [1, 2, 3]],
    ['[1].flatten(-1)', /^flatten\(\) takes a depth of 0 or more$/],
  ],
  sort: [
    ['[3, 1, 2].sort()', [1, 2, 3]],
    ["['b', 'a'].sort()[0]", 'a'],
    ["[1, 'a'].sort()", /keys of several types/],
  ],
  sortBy: [
    ['vars.list.sortBy(item, item.size).map(item, item.name)', ['b', 'a']],
    ['vars.none.sortBy(x, x)', []],
    ['[1].sortBy(x, [x])', /^sortBy sorts by a number, a string or a bool/],
  ],
  distinct: [
    ["[1, 2, 1.0, 'a', 'a', [1], [1]].distinct()", [1, 2, 'a', [1]]],
    ['[].distinct()', []],
    ['1.distinct()', /./],
  ],
  'lists.range': [
    ['lists.range(3)', [0, 1, 2]],
    ['lists.range(0)', []],
    ['lists.range(10001)', /^lists\.range\(\) counts up to 10000, not to 10001$/],
  ],
  'list loops': [
    ['[[1, 2].all(x, x > 0), [1, -2].exists(x, x < 0), [1, 2].exists_one(x, x == 2)]', [true, true, true]],
    ['[1, 2, 3, 4].map(n, n % 2 == 0, n * 2)', [4, 8]],
    ['[1].map(1, 2)', /./],
  ],
  'map loops': [
    ["{'one': 1, 'two': 2}.map(k, k.startsWith('t'), k.upper())", ['TWO']],
    [
      "[{'a': 1}.all(k, k == 'a'), {'a': 1}.exists(k, k == 'b'), {'a': 1}.exists_one(k, k == 'a')]",
      [true, false, true],
    ],
    ["{'hello': 'world'}.size() + size({})", 1],
    ['1.0.filter(k, true)', /./],
  ],
  matches: [
    ["'hello'.matches('^h.*o$')", true],
    ["'test'.matches('fail')", false],
    ["matches('foobar', 'foo.*') && !matches(vars.none, '')", true],
    ["matches('a', '(?=b)')", /is not RE2 syntax/],
    ["'a'.matches('(?=b)')", /is not RE2 syntax/],
  ],
  'startsWith, endsWith, contains': [
    ["['foobar'.startsWith('foo'), 'foobar'.endsWith('bar'), 'foobar'.contains('ob')]", [true, true, true]],
    ["'a'.contains('')", true],
    ["'a'.contains(1)", /is not how "contains" is called; write string\.contains\(string\)/],
  ],
  charAt: [
    ["'hello'.charAt(4)", 'o'],
    ["'hello'.charAt(5)", ''],
    ["'hello'.charAt(6)", /^charAt\(6\) is outside the text, which has 5 characters$/],
  ],
  'indexOf, lastIndexOf': [
    ["['hello mellow'.indexOf('ello', 2), 'hello mellow'.lastIndexOf('l')]", [7, 9]],
    ["'a'.indexOf('b')", -1],
    ["'a'.indexOf('b', 5)", /out of range/],
  ],
  format: [
    ["'%s has %d, %.1f%%'.format(['x', 3, 2.25])", 'x has 3, 2.3%'],
    [
      "'%e %b %o %x %X %s %s'.format([1234.5, 5, 8, 255, 'hi', [1], {'a': 1}])",
      '1.234500e+03 101 10 ff 6869 [1] {"a":1}',
    ],
    ["'%s %b %s'.format([null, true, timestamp(0)])", 'null 1 1970-01-01T00:00:00.000Z'],
    ["'%s %s'.format(['x'])", /^format\(\) was given 1 values, too few for its text$/],
    ["'%d'.format(['x'])", /^format\(\) writes only a whole number as "%d"/],
    ["'%y'.format(['x'])", /^format\(\) knows only %s, %d/],
    ["'%.99f'.format([1.0])", /^format\(\) writes at most 20 decimals/],
  ],
  split: [
    ["'hello,mellow,hi'.split(',', 2)", ['hello', 'mellow,hi']],
    ["' hello  mellow '.split()", ['hello', 'mellow']],
    ["'a'.split(1)", /is not how "split" is called/],
  ],
  replace: [
    ["'hello mellow'.replace('l', 'L', 2)", 'heLLo mellow'],
    ["'ab'.replace('', '-')", '-a-b-'],
    ["'hello'.replace('x', 'X') + 'hello'.replace('l', '')", 'hellohe' + 'o'],
    [`lists.range(2000).map(x, 'a').join().replace('a', '0123456789')`, /^A text of 20000 characters is too long/],
  ],
  substring: [
    ["'hello'.substring(1, 3)", 'el'],
    ["'hello'.substring(5)", ''],
    ["'hello'.substring(6)", /out of range/],
  ],
  trim: [
    ["'  a '.trim()", 'a'],
    ["''.trim()", ''],
    ['1.trim()', /./],
  ],
  reverse: [
    ["'a🙂b'.reverse()", 'b🙂a'],
    ["''.reverse()", ''],
    ['[1].reverse()', /is not how "reverse" is called/],
  ],
  'lower, upper': [
    ["'Ärger ÉCOLE ЙОГА'.lower()", 'ärger école йога'],
    ["'Ärger ЙОГА'.upper()", 'ÄRGER ЙОГА'],
    ['1.0.lower()', /is not how "lower" is called/],
  ],
  'lowerAscii, upperAscii': [
    ["'ÄRGER'.lowerAscii()", 'Ärger'],
    ["'ärger\\u212A'.upperAscii()", 'äRGER\u212A'],
    ['true.upperAscii()', /is not how "upperAscii" is called/],
  ],
  isJson: [
    [`'{"a":"b","c":"d"}'.isJson()`, true],
    ["'not json'.isJson()", false],
    ['1.0.isJson()', /is not how "isJson" is called/],
  ],
  isPrivateIp: [
    ["['192.168.1.1', '10.0.0.1', '172.31.255.255', '::ffff:10.0.0.1'].all(ip, ip.isPrivateIp())", true],
    ["['172.32.0.1', '127.0.0.1', '10.1', 'x', '', 'fd00::1'].exists(ip, ip.isPrivateIp())", false],
    ['true.isPrivateIp()', /./],
  ],
  isQueryString: [
    ["'a=b&c=d'.isQueryString()", true],
    ["['not a query string', '', 'a=b&', 'a=%zz'].exists(text, text.isQueryString())", false],
    ['true.isQueryString()', /./],
  ],
  isURL: [
    ["'https://ngrok.com'.isURL()", true],
    ["['not a url', '/path', 'mailto:a@b', 'https://', 'https://a b'].exists(text, text.isURL())", false],
    ['true.isURL()', /./],
  ],
  'strings.quote': [
    [`strings.quote('say "hi"\\n\\t\\\\')`, '"say \\"hi\\"\\n\\t\\\\"'],
    ["strings.quote('')", '""'],
    ['strings.quote(1)', /is not how "quote" is called/],
  ],
  'rand.double': [
    ['rand.double()', 0.5],
    ['rand.double() >= 0.5', true],
    ['rand.double(1)', /is not how "double" is called/],
  ],
  'rand.int': [
    ['rand.int(0, 10)', 5],
    ['[rand.int(), rand.int(7, 7)]', [1, 7]],
    ['rand.int(2, 1)', /^rand\.int\(2, 1\) needs 0 <= min <= max/],
    ['rand.int(-1, 1)', /^rand\.int\(-1, 1\) needs 0 <= min <= max/],
  ],
  'secrets.get': [
    ["secrets.get('v', 's')", 'hidden'],
    ["secrets.get('v', 'none')", /^There is no secret "none" in vault "v"/],
  ],
  'dates of timestamps': [
    [
      `cel.bind(t, timestamp('2023-12-25T12:30:31.500Z'), [t.getFullYear(), t.getMonth(), t.getDate(), t.getDayOfMonth(),
        t.getDayOfWeek(), t.getDayOfYear(), t.getHours(), t.getMinutes(), t.getSeconds(), t.getMilliseconds()])`,
      [2023, 11, 25, 24, 1, 358, 12, 30, 31, 500],
    ],
    [
      `cel.bind(t, timestamp('2024-01-01T03:30:00Z'), [t.getFullYear('America/Los_Angeles'), t.getMonth('America/Los_Angeles'),
        t.getDate('America/Los_Angeles'), t.getDayOfMonth('America/Los_Angeles'), t.getDayOfWeek('America/Los_Angeles'),
        t.getDayOfYear('America/Los_Angeles'), t.getHours('America/Los_Angeles')])`,
      [2023, 11, 31, 30, 0, 364, 19],
    ],
    ["timestamp('2024-07-01T10:00:00Z').getHours('Europe/Berlin')", 12],
    ["timestamp('2024-07-01T10:00:00Z').getMinutes('-02:30')", 30],
    ["timestamp('2024-07-01T10:00:00Z').getHours('UTC')", 10],
    [
      "timestamp('2024-07-01T10:00:00Z').getHours('Mars/Olympus')",
      /^"Mars\/Olympus": There is no such time zone; write a name such as/,
    ],
    ["timestamp('2024-07-01T10:00:00Z').getHours(vars.team)", /^There is no such time zone/],
    ["timestamp('yesterday')", /ISO 8601/],
  ],
  'durations and their parts': [
    ["[duration('3h').getHours(), duration('1h30m').getMinutes(), duration('1m30s').getSeconds()]", [3, 90, 90]],
    ["duration('1.234s').getMilliseconds()", 234],
    ["string(duration('-1.5h'))", '-5400s'],
    ["timestamp('2024-01-01T00:00:00Z') + duration('1h') > timestamp('2024-01-01T00:59:59Z')", true],
    ["duration('soon')", /^The text is not a duration; write a number and a unit/],
  ],
  'conversions of times': [
    ["string(timestamp('2024-01-01T00:00:00Z'))", '2024-01-01T00:00:00.000Z'],
    ['int(timestamp(1700000000))', 1_700_000_000],
    ['int([1])', /is not how "int" is called/],
  ],
  has: [
    ["has(req.headers['x-priority'])", true],
    ['has(req.headers.none)', false],
    ['has(vars)', /^has\(\) takes a field/],
  ],
  inCidrRange: [
    ["inCidrRange('192.168.1.100', '192.168.1.0/24')", true],
    ["inCidrRange(conn.client_ip, '203.0.113.77/24')", true],
    ["inCidrRange('::ffff:10.1.2.3', '10.0.0.0/8') && inCidrRange('2001:db8::1', '2001:db8::/32')", true],
    ["inCidrRange('10.1.2.3', '::ffff:10.0.0.0/104')", true],
    ["inCidrRange('10.1', '10.0.0.0/8') || inCidrRange('2001:db8::1', '10.0.0.0/8')", false],
    ["inCidrRange('10.0.0.1', '10.0.0.0/' + '33')", false],
    ["inCidrRange('10.0.0.1', '10.0.0.0/33')", /^"10\.0\.0\.0\/33" is no range of addresses; write one such as/],
  ],
  inCidrRanges: [
    ["inCidrRanges('192.168.1.100', ['10.0.0.0/8', '192.168.1.0/24'])", true],
    ["inCidrRanges('1.2.3.4', [])", false],
    ["inCidrRanges('10.0.0.1', [vars.team, '10.0.0.0/8'])", true],
    ["inCidrRanges('1.2.3.4', ['1.2.3.4'])", /^"1\.2\.3\.4" is no range of addresses/],
  ],
};

for (const [macro, table] of Object.entries(rows)) {
  for (const [source, expected] of table) {
    test(`${macro}: ${source.slice(0, 90)}`, () => {
      const phase = /get?Res|hasRes/.test(source) ? 'on_http_response' : 'on_http_request';
      const evaluate = () => value(source, { response, request }, phase);
      if (!(expected instanceof RegExp)) return assert.deepEqual(evaluate(), expected);
      assert.throws(evaluate, (error: Error) => {
        assert(error instanceof EvaluationError || error instanceof ExpressionError, String(error));
        assert.match(error.message, expected);
        return true;
      });
    });
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const of = (source: string, texts: readonly string[]) =>
  value(source, { vars: { a: texts[0], b: texts[1], c: texts[2] } });

test('what is encoded is decoded to what it was', () => {
  fc.assert(
    fc.property(text, fc.jsonValue({ maxDepth: 4 }), (a, json) => {
      assert.equal(of('vars.a.encodeBase64().decodeBase64()', [a]), a);
      assert.equal(of('vars.a.escapeUrl().unescapeUrl()', [a]), a);
      assert.equal(of("queryString.decode({'x': vars.a}.encodeQueryString()).x", [a]), a);
      const again = value('json.encode(json.decode(vars.json))', { vars: { json: JSON.stringify(json) } });
      assert.deepEqual(JSON.parse(String(again)), JSON.parse(JSON.stringify(json)));
    }),
    { numRuns: 200 },
  );
});

test('texts are replaced, split and joined as JavaScript does', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'b', '$', '&'), maxLength: 12 });
  fc.assert(
    fc.property(
      short,
      fc.string({ unit: fc.constantFrom('a', 'b', '$'), minLength: 1, maxLength: 2 }),
      short,
      (a, b, c) => {
        assert.equal(
          of('vars.a.replace(vars.b, vars.c)', [a, b, c]),
          a.replaceAll(b, () => c),
        );
        assert.equal(
          of('vars.a.replace(vars.b, vars.c, 1)', [a, b, c]),
          a.replace(b, () => c),
        );
        assert.equal(of('vars.a.split(vars.b).join(vars.b)', [a, b]), a);
      },
    ),
    { numRuns: 200 },
  );
});

test('any text is a format, a duration, an address and a query string, or is refused', () => {
  const pieces = fc.array(
    fc.constantFrom('%', 's', 'd', '.', '9', '1', 'h', 'm', 'µs', '-', ':', '/', '=', '&', ' ', 'f'),
    {
      maxLength: 10,
    },
  );
  const sources = [
    "vars.a.format([1, 'x', 2.5])",
    'string(duration(vars.a))',
    "inCidrRange(vars.a, vars.a) || inCidrRange('::1', vars.a)",
    '[vars.a.isQueryString(), vars.a.isURL(), vars.a.isPrivateIp(), vars.a.isJson()]',
    'vars.a.decodeQueryString()',
    'timestamp(0).getHours(vars.a)',
  ];
  fc.assert(
    fc.property(pieces, fc.constantFrom(...sources), (parts, source) => {
      try {
        of(source, [parts.join('')]);
      } catch (error) {
        assert(error instanceof EvaluationError, String(error));
        assert.notEqual(error.message, 'the expression could not be computed');
      }
    }),
    { numRuns: 1_000 },
  );
});
