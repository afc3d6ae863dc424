import { type PolicyFacts, StepBudget } from '../../../functions/policy/expressions/policy-facts.ts';
import { request } from './policy-fixture.ts';

const megabyte = 'a'.repeat(1_000_000);
const longText = 'a'.repeat(16_000);

/** What a client and an earlier action could send. */
export const hostileFacts: Partial<PolicyFacts> = {
  request: {
    ...request,
    query: `${'a=1&'.repeat(4_000)}`,
    headers: {
      ...request.headers,
      'x-big': megabyte,
      'x-long': longText,
      'x-deep': '['.repeat(8_000) + ']'.repeat(8_000),
      'x-digits': '1'.repeat(16_000),
      'x-percent': '%41'.repeat(5_000),
      'user-agent': 'Mozilla/5.0 ('.repeat(1_000),
      cookie: 'a=b;'.repeat(4_000),
    },
  },
  vars: { big: megabyte, list: Array.from({ length: 100_000 }, (_, index) => index), text: longText },
  budget: new StepBudget(Number.MAX_SAFE_INTEGER),
};

const loop = (source: string) => `lists.range(10000).map(i, ${source}).size()`;

/** `cel.bind(v0, start, cel.bind(v1, step(v0), …))` */
function doubled(start: string, step: (previous: string) => string): string {
  const names = Array.from({ length: 28 }, (_, index) => `v${index}`);
  const values = names.map((_, index) => (index === 0 ? start : step(names[index - 1] as string)));
  return `${names.map((name, index) => `cel.bind(${name}, ${values[index]}, `).join('')}v27${')'.repeat(28)}`;
}

/** What would take seconds or all memory without limits. Those that end quickly by themselves say so. */
export const hostileExpressions: Readonly<Record<string, string>> = {
  'a header of a megabyte': "req.headers['x-big'][0].contains('b')",
  'a variable of a megabyte': "vars.big.matches('(a|aa)*b')",
  'a huge list': 'vars.list.exists(item, item == -1)',
  'a huge list as JSON': 'json.encode(vars.list)',
  'nested quantifiers over a long text (answered)': "vars.text.matches('((a+)+)+b')",
  'nested counts over a long text': "vars.text.matches('(a{1,20}){1,20}b')",
  'deep JSON': "json.decode(req.headers['x-deep'][0])",
  'a duration of digits': "duration(req.headers['x-digits'][0])",
  'hashes of a long text': loop('vars.text.xxhash64()'),
  'checksums of a long text': loop('vars.text.crc64()'),
  'time zones over and over': loop("timestamp(i).getHours('Asia/Tokyo')"),
  'a different time zone each time': loop("timestamp(i).getHours('Etc/GMT+' + string(i % 12))"),
  'ranges of addresses over and over': loop("inCidrRanges('1.2.3.4', ['10.0.0.0/8', '2001:db8::/32', '1.2.3.0/25'])"),
  'many numbers from a range': 'lists.range(1000000000)',
  'many ranges': loop('lists.range(10000).size()'),
  'a long join': "lists.range(10000).map(i, 'aaaaaaaa').join('bbbbbbbb')",
  'joins that double': doubled("'aaaaaaaa'", last => `[${last}, ${last}].join()`),
  'replacements that grow': doubled("'aa'", last => `${last}.replace('a', 'aa')`),
  'formats that grow': doubled("'aa'", last => `'%s%s'.format([${last}, ${last}])`),
  'lists that contain each other twice': doubled('[1]', last => `[${last}, ${last}]`),
  'lists that contain each other twice, flattened': `${doubled('[dyn(1)]', last => `[dyn(${last}), dyn(${last})]`)}.flatten(100)`,
  'lists that contain each other twice, as a text': `json.encode(${doubled('[1]', last => `[${last}, ${last}]`)})`,
  'lists that double, made distinct': `${doubled('[1, 2]', last => `${last} + ${last}`)}.distinct()`,
  'a long text sorted by its letters, over and over': loop("vars.text.split('').sort().size()"),
  'base64 over and over': loop('vars.text.encodeBase64().decodeBase64()'),
  'a URL parsed over and over': loop("url.parse('https://a.example/?' + vars.text)"),
  'a query string decoded over and over': loop('req.url.query.decodeQueryString()'),
  'percent signs decoded over and over': loop("req.headers['x-percent'][0].unescapeUrl()"),
  'JSON parsed over and over': loop('json.decode(\'[1,2,3,[4,{"a":[5]}]]\')'),
  'a long user agent (answered)': 'req.user_agent.name + req.user_agent.os',
  'many cookies (answered)': 'size(req.cookies)',
  'many query parameters (answered)': "size(req.url.query_params['a'])",
};
