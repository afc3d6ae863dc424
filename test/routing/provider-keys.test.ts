import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvaluationError } from '../../functions/policy/expressions/expression-error.ts';
import { compileTemplate } from '../../functions/policy/expressions/template.ts';
import {
  type Credentials,
  clientProviderOf,
  keyId,
  keysFor,
  type OwnKeys,
} from '../../functions/routing/provider-keys.ts';
import type { KeySelector } from '../../functions/routing/selectors.ts';
import { endpointCatalog } from './endpoint.ts';

const secrets: Record<string, string> = { 'vault/key': 'sk-secret' };
const scope: Credentials['scope'] = {
  secrets: {
    get: (vault, name) => secrets[`${vault}/${name}`],
  },
};
const nobody: Credentials = {
  hasGatewayKey: false,
  clientCredential: undefined,
  clientProviderId: undefined,
  managedKeys: new Map(),
  scope,
};

function keys(
  name: string,
  credentials: Partial<Credentials>,
  own: string[] = [],
  selectors: KeySelector[] = [],
  yaml = '{}',
) {
  const catalog = endpointCatalog(yaml);
  const [candidate] = catalog.candidatesNamed(name);
  assert(candidate);
  const entry = catalog.provider(candidate.provider.id);
  assert(entry);
  const ownKeys: OwnKeys = { templates: () => own.map(text => compileTemplate(text)), selectors };
  return keysFor(candidate, entry, ownKeys, { ...nobody, ...credentials });
}

const managedKeys = new Map([['beta', 'sk-managed']]);
const custom = 'providers: [{ id: mine, base_url: "https://mine.example", models: [{ id: m }] }]';
const found: [
  what: string,
  name: string,
  credentials: Partial<Credentials>,
  own: string[],
  yaml: string,
  expected: string[],
][] = [
  ['managed with a gateway key', 'b-1', { hasGatewayKey: true, managedKeys }, [], '{}', ['managed sk-managed']],
  [
    'own keys win over managed ones',
    'b-1',
    { hasGatewayKey: true, managedKeys },
    ['sk-1', 'sk-2'],
    '{}',
    ['own sk-1', 'own sk-2'],
  ],
  [
    'own keys win over the client’s',
    'b-1',
    { clientCredential: 'unused', clientProviderId: 'beta' },
    ['sk-1'],
    '{}',
    ['own sk-1'],
  ],
  ['own keys need no caller’s', 'b-1', {}, ["${secrets.get('vault', 'key')}"], '{}', ['own sk-secret']],
  ['a key that cannot be read is left out', 'b-1', {}, ["${secrets.get('vault', 'gone')}", 'sk-2'], '{}', ['own sk-2']],
  ['the client’s key', 'b-1', { clientCredential: 'sk-c', clientProviderId: 'beta' }, [], '{}', ['client sk-c']],
  ['an own provider may do without', 'm', {}, [], custom, ['none ']],
  [
    'an own provider never gets a managed key',
    'm',
    { hasGatewayKey: true, managedKeys: new Map([['mine', 'sk-managed']]) },
    [],
    custom,
    ['none '],
  ],
  [
    'an own provider gets the client’s',
    'm',
    { clientCredential: 'tok', clientProviderId: 'mine' },
    [],
    custom,
    ['client tok'],
  ],
];
for (const [what, name, credentials, own, yaml, expected] of found) {
  test(`keys: ${what}`, () => {
    const result = keys(name, credentials, own, [], yaml);
    assert.deepEqual(
      result.keys.map(({ source, value }) => `${source} ${value}`),
      expected,
    );
  });
}

const missing: [
  what: string,
  name: string,
  credentials: Partial<Credentials>,
  own: string[],
  yaml: string,
  code: string,
  message: RegExp,
][] = [
  ['no caller’s key and none configured', 'a-1', {}, [], '{}', 'ERR_NGROK_3802', /provider "alpha".*api_keys/],
  [
    'the client’s key is for another provider',
    'a-1',
    { clientCredential: 'x', clientProviderId: 'beta' },
    [],
    '{}',
    'ERR_NGROK_3802',
    /alpha/,
  ],
  [
    'a gateway key for a provider without managed keys',
    'a-1',
    { hasGatewayKey: true, managedKeys },
    [],
    '{}',
    'ERR_NGROK_3817',
    /"alpha" has no managed keys/,
  ],
  [
    'a managed provider without a key here',
    'b-1',
    { hasGatewayKey: true },
    [],
    '{}',
    'ERR_NGROK_3817',
    /no managed key for provider "beta"/,
  ],
  [
    'no secret that can be read',
    'b-1',
    {},
    ["${secrets.get('vault', 'gone')}"],
    '{}',
    'ERR_NGROK_3802',
    /no secret "gone" in vault "vault"/,
  ],
  [
    'a managed key would go to an address of the policy',
    'b-1',
    { hasGatewayKey: true, managedKeys },
    [],
    'providers: [{ id: beta, base_url: "https://thief.example" }]',
    'ERR_NGROK_3817',
    /not sent to the policy's base_url/,
  ],
];
for (const [what, name, credentials, own, yaml, code, message] of missing) {
  test(`no keys: ${what}`, () => {
    assert.throws(
      () => keys(name, credentials, own, [], yaml),
      (error: Error & { code?: string }) => error.code === code && message.test(error.message),
    );
  });
}

const last: KeySelector = { source: 'last', select: all => all.slice(-1) };
const none: KeySelector = { source: 'none', select: () => [] };

test('the first key strategy with a result chooses, and says so by ids', () => {
  const result = keys('b-1', {}, ['sk-1', 'sk-2'], [none, last]);
  assert.deepEqual(
    result.keys.map(({ value }) => value),
    ['sk-2'],
  );
  assert.deepEqual(result.selections, [
    { strategy: 'none', toTry: [] },
    { strategy: 'last', toTry: [keyId('sk-2')] },
  ]);
});

test('key strategies that choose nothing or fail are 3808', () => {
  const failing: KeySelector = {
    source: 'failing',
    select() {
      throw new EvaluationError('index out of range');
    },
  };
  for (const [selector, message] of [
    [none, /chose a key/],
    [failing, /"failing" failed: index out of range/],
  ] as const) {
    assert.throws(
      () => keys('b-1', {}, ['sk-1'], [selector]),
      (error: Error & { code?: string }) => error.code === 'ERR_NGROK_3808' && message.test(error.message),
    );
  }
});

test('key strategies do not apply to managed keys', () => {
  assert.equal(keys('b-1', { hasGatewayKey: true, managedKeys }, [], [none]).keys.length, 1);
});

test('a client’s key is for the provider whose keys look like it, else for the first candidate’s', () => {
  const catalog = endpointCatalog();
  const candidates = [...catalog.candidatesNamed('a-1'), ...catalog.candidatesNamed('b-1')];
  const withPrefix = catalog.providers.map(entry =>
    entry.provider.id === 'beta' ? { ...entry, provider: { ...entry.provider, keyPrefixes: ['bk-'] } } : entry,
  );
  assert.equal(clientProviderOf('sk-anything', candidates, withPrefix), 'alpha');
  assert.equal(clientProviderOf('bk-123', candidates, withPrefix), 'beta');
});
