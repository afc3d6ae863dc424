import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { AiGatewayConfig } from '../../functions/policy/ai-gateway-config.ts';
import { type PolicyOptions, parsePolicy } from '../../functions/policy/parse-policy.ts';
import { policyWith, policyWithProvider } from './write-policy.ts';

const samples = new URL('../fixtures/policies/', import.meta.url);

function accepted(text: string, options: Partial<PolicyOptions> = {}): AiGatewayConfig {
  const parsed = parsePolicy(text, { allowLoopback: false, ...options });
  assert('policy' in parsed, JSON.stringify(parsed));
  assert('aiGateway' in parsed.policy);
  return parsed.policy.aiGateway;
}

function problemsOf(text: string, options: Partial<PolicyOptions> = {}) {
  const parsed = parsePolicy(text, { allowLoopback: false, ...options });
  return 'problems' in parsed ? parsed.problems : [];
}

/** What the samples ask for beyond the defaults. */
const sampleConfigs: Record<string, Partial<AiGatewayConfig>> = {
  'default-config.yaml': {},
  'only-configured-providers.yaml': {
    only_allow_configured_providers: true,
    providers: [{ id: 'openai', api_keys: [{ value: "${secrets.get('openai', 'key')}" }] }],
  },
  'only-configured-models.yaml': {
    only_allow_configured_models: true,
    providers: [{ id: 'openai', models: [{ id: 'gpt-4o' }, { id: 'gpt-4o-mini' }] }],
  },
  'one-model.yaml': {
    only_allow_configured_models: true,
    providers: [{ id: 'openai', models: [{ id: 'gpt-4o-mini' }] }],
  },
  'total-timeout.yaml': { total_timeout: 180_000 },
  'short-timeouts.yaml': { per_request_timeout: 5_000, total_timeout: 10_000 },
  'longer-timeouts.yaml': { per_request_timeout: 60_000, total_timeout: 300_000 },
  'self-hosted.yaml': {
    providers: [{ id: 'ollama', base_url: 'https://ollama.internal', models: [{ id: 'llama3' }] }],
  },
  'known-models.yaml': { model_selection: { strategy: ['ai.models.filter(m, m.known)'] } },
  'fast-models.yaml': {
    model_selection: {
      strategy: ['ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000)', 'ai.models.random()'],
    },
  },
  'preferred-providers.yaml': {
    model_selection: {
      strategy: [
        "ai.models.filter(m, m.provider_id == 'openai')",
        "ai.models.filter(m, m.provider_id == 'anthropic')",
        'ai.models',
      ],
    },
  },
  'several-keys.yaml': {
    providers: [
      {
        id: 'openai',
        api_keys: [{ value: "${secrets.get('openai', 'key-one')}" }, { value: "${secrets.get('openai', 'key-two')}" }],
      },
    ],
  },
};

/** Samples with rules around the calls of models, and the actions that these have. */
const samplesWithRules: Record<string, string[][]> = {
  'redact-ssn.yaml': [['request-body-find-replace', 'ai-gateway']],
  'route-by-header.yaml': [['ai-gateway'], ['ai-gateway']],
};

test('every sample of the documentation means what its text says', () => {
  const defaults = accepted('on_http_request: [{ type: ai-gateway }]');
  for (const file of readdirSync(samples)) {
    if (file === 'every-field.yaml') continue;
    const text = readFileSync(new URL(file, samples), 'utf8');
    const actions = samplesWithRules[file];
    if (actions) {
      const parsed = parsePolicy(text, { allowLoopback: false });
      assert('policy' in parsed && 'rules' in parsed.policy, JSON.stringify(parsed));
      const { rules } = parsed.policy;
      assert.deepEqual(
        rules.map(rule => rule.actions.map(({ type }) => type)),
        actions,
        file,
      );
    } else {
      assert.deepEqual(accepted(text), { ...defaults, ...sampleConfigs[file] }, file);
      assert(sampleConfigs[file], `${file} is not in the table`);
    }
  }
});

test('the sample of every field has every field', () => {
  const config = accepted(readFileSync(new URL('every-field.yaml', samples), 'utf8'));
  assert.equal(config.total_timeout, 90_000);
  assert.equal(config.per_request_timeout, 45_000);
  assert.deepEqual(config.body?.stop, ['END', "${'STOP'}"]);
  const [, own] = config.providers;
  assert.deepEqual(own?.metadata, { regions: ['eu', 'de'], owner: { team: 'research', since: '2024-01-01' } });
  assert.deepEqual(own?.models?.[0]?.unsupported_params, ['logit_bias', 'parallel_tool_calls']);
  assert.deepEqual(own?.supported_api_surfaces, [
    { format: 'openai', surface: 'chat-completions', supported_params: ['model', 'messages', 'temperature'] },
    { format: 'anthropic' },
  ]);
});

test('both ways to write a rule, and JSON in any layout, mean the same', () => {
  const long = { on_http_request: [{ name: 'a', actions: [{ type: 'ai-gateway', config: { total_timeout: '9s' } }] }] };
  const short = { on_http_request: [{ name: 'a', type: 'ai-gateway', config: { total_timeout: '9s' } }] };
  const expected = accepted(JSON.stringify(long));
  assert.equal(expected.total_timeout, 9_000);
  for (const document of [long, short, { ...long, on_http_response: [], on_event_stream_message: [] }]) {
    for (const indent of [undefined, 2, '\t']) {
      const text = JSON.stringify(document, null, indent);
      for (const written of [text, `\ufeff${text}`, text.replaceAll('\n', '\r\n'), `---\n${text}\n...\n`]) {
        assert.deepEqual(accepted(written), expected);
      }
    }
  }
});

test('words that YAML once took for booleans, dates and octal numbers stay as they are written', () => {
  const metadata = 'metadata: { on: yes, no: off, day: 2024-01-01, ratio: 1:30, 7: seven, big: 1e3, zip: "007" }';
  assert.deepEqual(accepted(policyWithProvider(metadata)).providers[0]?.metadata, {
    on: 'yes',
    no: 'off',
    day: '2024-01-01',
    ratio: '1:30',
    '7': 'seven',
    big: 1000,
    zip: '007',
  });
});

test('fields with the names of built-in properties are only fields', () => {
  const { metadata } = accepted(policyWithProvider('metadata: { constructor: { prototype: 1 }, toString: x }'))
    .providers[0] as { metadata: object };
  assert.deepEqual(Object.keys(metadata), ['constructor', 'toString']);
  const text = policyWithProvider('metadata: { "__proto__": { polluted: true } }');
  assert.equal(problemsOf(text)[0]?.code, 'ERR_NGROK_2203');
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

const provider = (id: string, aliases: string[] = []) =>
  `{ id: ${id}, base_url: "https://${id}.example", id_aliases: [${aliases}] }`;
const providers = (...list: string[]) => policyWith(`providers: [${list.join(', ')}]`);

test('names of providers must differ', () => {
  const cases: [string[], string | undefined][] = [
    [[provider('a'), provider('b')], undefined],
    [[provider('a', ['A', 'x', 'X'])], undefined],
    [[provider('a'), provider('A')], 'providers[1].id'],
    [[provider('a'), provider('b', ['A'])], 'providers[1].id_aliases[0]'],
    [[provider('a', ['b']), provider('b')], 'providers[1].id'],
    [[provider('a', ['x']), provider('b', ['y', 'X'])], 'providers[1].id_aliases[1]'],
    [[provider('openai'), provider('open-ai')], 'providers[1].id'],
  ];
  for (const [list, path] of cases) {
    const problems = problemsOf(providers(...list)).map(({ path }) => path.split('config.')[1]);
    assert.deepEqual(problems, path ? [path] : [], list.join());
  }
});

test('a provider of one’s own may share the name of one that the catalog has', () => {
  for (const list of [
    [provider('eu', ['openai'])],
    [provider('openai'), provider('eu', ['OpenAI'])],
    [provider('eu', ['openai']), provider('openai'), provider('us', ['openai'])],
    [provider('eu', ['gemini']), provider('google')],
  ]) {
    assert.equal(accepted(providers(...list)).providers.length, list.length);
  }
  const shared = providers(provider('demo'), provider('eu', ['demo']));
  assert.equal(problemsOf(shared).length, 1);
  assert.equal(problemsOf(shared, { knowsProvider: name => name === 'demo' }).length, 0);
});

test('models of two providers may have the same names', () => {
  const own = (id: string) => `{ id: ${id}, base_url: "https://${id}.example", models: [{ id: m, id_aliases: [n] }] }`;
  assert.equal(accepted(providers(own('a'), own('b'))).providers.length, 2);
});

test('a provider needs a base URL unless the deployment knows it', () => {
  for (const known of ['openai', 'OpenAI', 'gemini', 'inference.net']) accepted(providers(`{ id: ${known} }`));
  assert.equal(problemsOf(providers('{ id: demo }'))[0]?.code, 'ERR_NGROK_2234');
  accepted(providers('{ id: demo }'), { knowsProvider: name => name === 'demo' });
  const [problem] = problemsOf(providers('{ id: openai }'), { knowsProvider: () => false });
  assert.equal(problem?.code, 'ERR_NGROK_2234');
});

test('base URLs are https, http inside a private network, or this machine where the deployment allows it', () => {
  const isTaken = (url: string, allowLoopback = false) =>
    problemsOf(providers(`{ id: own, base_url: "${url}" }`), { allowLoopback }).length === 0;
  for (const url of [
    'https://own.example',
    'https://own.example:8443/openai/deployments/gpt/',
    'https://10.0.0.1/v1',
    'https://ollama.internal',
    'http://ollama.internal:11434/v1',
  ]) {
    assert(isTaken(url), url);
  }
  for (const url of [
    'http://own.example',
    'http://internal',
    'http://ollama.internal.example',
    'http://10.0.0.1',
    'ftp://own.internal',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user@own.example',
    'https://own.example?key=1',
    'https://own.example/#a',
    '//own.example',
    ' ',
  ]) {
    assert(!isTaken(url, true), url);
  }
  const loopback = [
    'http://127.0.0.1:9',
    'http://127.1',
    'http://localhost:1/v1',
    'https://[::1]',
    'http://2130706433',
  ];
  for (const url of loopback) {
    assert(isTaken(url, true), url);
    assert(!isTaken(url, false), url);
  }
});

test('keys are in no message and no path, wherever they ended up', () => {
  const secret = 'sk-Do-Not-Tell-Me-0123456789';
  const places = [
    `api_keys: [${secret}]`,
    `api_keys: ${secret}`,
    `api_keys: { value: ${secret} }`,
    `api_keys: [{ key: ${secret} }]`,
    `api_keys: [{ value: ${secret}, value: ${secret} }]`,
    `api_keys: [{ ${secret}: 1, ${secret}: 2 }]`,
    `api_keys: [{ ${secret}: 12345678901234567890 }]`,
    `api_keys: { ${secret}: { ${secret}: .inf } }`,
    `api_keys: [{ value: [${secret}] }]`,
    `api_keys: [{ value: "${secret}\\n" }]`,
    `api_keys: [{ value: "${secret}\${" }]`,
    `api_keys: [{ value: "\${${secret} +" }]`,
    `api_keys: [{ ${secret}: value }]`,
    `api_keys: [{ value: !${secret} }]`,
    `api_keys: [{ value: &${secret} a }]`,
    `api_keys: [{ value: *${secret} }]`,
    `api_keys: [{ value: "${secret}`,
    `api_keys: [{ value: "${secret}" ${secret} }]`,
    `api_keys:\n  - value: "${secret}" ${secret}`,
    `api_keys:\n  - value: ${secret}: ${secret}`,
    `api_keys:\n  - value: "${secret}\\q"`,
    `api_keys:\n  - value: @${secret}`,
    `api_keys:\n\t- value: ${secret}`,
    `base_url: https://${secret}@own.example`,
    `base_url: https://own.example?key=${secret}`,
  ];
  for (const place of places) {
    const problems = problemsOf(policyWith(`providers:\n  - id: openai\n    ${place.replaceAll('\n', '\n    ')}`));
    assert.notEqual(problems.length, 0, place);
    assert(!JSON.stringify(problems).includes('Do-Not-Tell'), JSON.stringify(problems));
  }
  for (const field of ['headers', 'query_params']) {
    for (const value of [`[${secret}]`, `"${secret}\\n"`, `{ a: ${secret} }`]) {
      const problems = problemsOf(policyWith(`${field}: { authorization: ${value} }`));
      assert.notEqual(problems.length, 0);
      assert(!JSON.stringify(problems).includes('Do-Not-Tell'), JSON.stringify(problems));
    }
  }
  const digits = '12345678901234567890';
  assert(!JSON.stringify(problemsOf(policyWithProvider(`api_keys: [{ value: ${digits} }]`))).includes(digits));
});

test('a hundred problems are told, and how many there are beyond', () => {
  const problems = problemsOf(policyWith(`body: {${Array.from({ length: 130 }, (_, i) => `k${i}: "\${"`).join()}}`));
  assert.equal(problems.length, 101);
  assert.match(problems[99]?.path ?? '', /body\.k99$/);
  assert.match(problems[100]?.message ?? '', /^and 30 more problems/);
});

test('long values are shortened in messages', () => {
  const [problem] = problemsOf(policyWith(`on_error: ${'x'.repeat(5_000)}`));
  assert.match(problem?.message ?? '', /^"x{75}…" is not allowed/);
});

test('syntax errors are told once for a line, and only the first few', () => {
  const lines = Array.from({ length: 10 }, () => 'a: [@b, @c]').join('\n');
  const problems = problemsOf(lines);
  assert.deepEqual(
    problems.map(({ message }) => message.split(',')[0]),
    ['line 1', 'line 2', 'line 3', 'line 4', 'line 5'],
  );
});

test('text and checked form together fit into one item of the table', () => {
  const value = 'x'.repeat(4_000);
  const body = (count: number) =>
    policyWith(`body: { ${Array.from({ length: count }, (_, index) => `k${index}: ${value}`).join(', ')} }`);
  accepted(body(46));
  const [problem] = problemsOf(body(48));
  assert.equal(problem?.code, 'ERR_NGROK_2221');
  assert.match(problem?.message ?? '', /as written and as checked; 380000 is the most/);
});
