import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { AiGatewayConfig, SurfaceConfig } from '../../functions/policy/ai-gateway-config.ts';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import type { JsonValue } from '../../functions/policy/read-document.ts';

/** Either a policy or problems that can be shown to someone. */
function checkAnswer(text: string): void {
  const parsed = parsePolicy(text, { allowLoopback: false });
  if ('policy' in parsed) {
    assert.deepEqual(JSON.parse(JSON.stringify(parsed.policy)), parsed.policy);
    return;
  }
  assert(parsed.problems.length > 0);
  for (const { code, path, message } of parsed.problems) {
    assert.match(code, /^ERR_NGROK_22\d\d$/);
    assert(message.length > 0 && message.length < 1_000, message);
    assert(path.length < 5_000);
  }
}

const fields = [
  ...['on_http_request', 'on_http_response', 'actions', 'type', 'config', 'name', 'expressions'],
  ...['providers', 'models', 'id', 'id_aliases', 'base_url', 'api_keys', 'value', 'metadata', 'disabled'],
  ...['supported_api_surfaces', 'format', 'surface', 'supported_params', 'unsupported_params', 'headers'],
  ...['query_params', 'body', 'total_timeout', 'model_selection', 'strategy', 'max_input_tokens', 'on_error'],
  ...['__proto__', 'constructor', 'toString', '<<', ''],
];
const values = ['ai-gateway', 'openai', 'https://a.example', 'ai.models', '${a}', '${', '3m', 'halt', 'messages', 'a'];

/** JSON that is made of what policies are made of, so that it gets far into them. */
const { policyLike } = fc.letrec(tie => ({
  policyLike: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(fc.constantFrom(...values), fc.integer(), fc.boolean(), fc.constant(null), fc.double(), fc.string()),
    fc.array(tie('policyLike'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), tie('policyLike'), { maxKeys: 5 }),
  ),
}));

test('any JSON is a policy or has problems', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), policyLike), value => checkAnswer(JSON.stringify(value))),
    { numRuns: 500 },
  );
});

test('any config of any action is a policy or has problems', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields), policyLike, { maxKeys: 6 }), config =>
      checkAnswer(JSON.stringify({ on_http_request: [{ actions: [{ type: 'ai-gateway', config }] }] })),
    ),
    { numRuns: 500 },
  );
});

test('any text is a policy or has problems', () => {
  const pieces = [
    ...fields,
    ...values,
    ...':-?[]{},#&*!|>%@`"\'\n\t\\ \r'.split(''),
    ': ',
    '\n  ',
    '\n- ',
    '---',
    '...',
  ];
  const yamlLike = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map(parts => parts.join(''));
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), yamlLike), checkAnswer), { numRuns: 2_000 });
});

const word = fc.stringMatching(/^[a-z][a-z0-9._-]{0,20}$/);
const json = fc.jsonValue({ maxDepth: 3 }).map(value => value as JsonValue);
const metadata = fc.dictionary(word, json, { maxKeys: 3 }).filter(isPlain);
const line = fc.stringMatching(/^[\x20-\x7e]{1,30}$/).filter(text => !text.includes('${'));
const tokens = fc.integer({ min: 1, max: 500_000 });
const parameters = fc.array(word, { maxLength: 3 });

/** Without what a policy refuses: templates that are none, two names, and integers that are not exact. */
function isPlain(value: unknown): boolean {
  return !/\$\{|__proto__|<<|\d{16}/.test(JSON.stringify(value));
}

const model = fc.record(
  {
    id: word,
    author_id: word,
    display_name: line,
    disabled: fc.boolean(),
    metadata,
    input_modalities: fc.subarray(['text', 'image', 'audio', 'video', 'file'] as const),
    max_context_window: tokens,
    supported_features: fc.array(word, { maxLength: 3 }),
    unsupported_params: parameters,
  },
  { requiredKeys: ['id'] },
);

const provider = fc.record(
  {
    id: word,
    base_url: fc.webUrl({ validSchemes: ['https'] }),
    description: line,
    disabled: fc.boolean(),
    metadata,
    api_keys: fc.array(fc.record({ value: line }), { maxLength: 3 }),
    models: fc.uniqueArray(model, { maxLength: 3, selector: ({ id }) => id }),
    supported_api_surfaces: fc.subarray<SurfaceConfig>([
      { format: 'openai' },
      { format: 'openai', surface: 'responses', supported_params: ['a'] },
    ]),
  },
  { requiredKeys: ['id', 'base_url'] },
);

const config: fc.Arbitrary<AiGatewayConfig> = fc.record(
  {
    max_input_tokens: tokens,
    max_output_tokens: tokens,
    headers: fc.dictionary(fc.constantFrom('x-a', 'X-B', 'authorization'), line),
    query_params: fc.dictionary(word, line, { maxKeys: 3 }),
    body: metadata.filter(body => !['model', 'models', 'stream'].some(field => field in body)),
    on_error: fc.constantFrom('halt' as const, 'continue' as const),
    total_timeout: fc.integer({ min: 1, max: 870_000 }),
    per_request_timeout: fc.integer({ min: 1, max: 870_000 }),
    providers: fc.uniqueArray(provider, { maxLength: 3, selector: ({ id }) => id }),
    only_allow_configured_providers: fc.boolean(),
    only_allow_configured_models: fc.boolean(),
    model_selection: fc.constantFrom({ strategy: ['ai.models'] }, { strategy: ['ai.models.random()', 'ai.models'] }),
    api_key_selection: fc.constant({ strategy: ['ai.keys'] }),
  },
  {
    requiredKeys: [
      ...(['on_error', 'total_timeout', 'per_request_timeout', 'providers'] as const),
      ...(['only_allow_configured_providers', 'only_allow_configured_models'] as const),
    ],
  },
);

/** A config as someone would write it: durations with units, parameters as maps. */
function asWritten(config: AiGatewayConfig): object {
  return {
    ...config,
    total_timeout: `${config.total_timeout}ms`,
    per_request_timeout: `${config.per_request_timeout}ms`,
    providers: config.providers.map(provider => ({
      ...provider,
      ...(provider.models && {
        models: provider.models.map(({ unsupported_params, ...model }) => ({
          ...model,
          ...(unsupported_params && { unsupported_params: unsupported_params.map(name => ({ name })) }),
        })),
      }),
    })),
  };
}

test('a valid config comes out as it went in, from JSON and from YAML', () => {
  fc.assert(
    fc.property(config, expected => {
      // As JSON has it: without -0.
      const plain: AiGatewayConfig = JSON.parse(JSON.stringify(expected));
      const document = { on_http_request: [{ type: 'ai-gateway', config: asWritten(plain) }] };
      for (const text of [JSON.stringify(document), stringify(document, { aliasDuplicateObjects: false })]) {
        const parsed = parsePolicy(text, { allowLoopback: false });
        assert('policy' in parsed, `${text}\n${JSON.stringify(parsed)}`);
        assert.deepEqual(parsed.policy, { aiGateway: plain });
      }
    }),
    { numRuns: 200 },
  );
});
