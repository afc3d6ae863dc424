import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CatalogCollision,
  createCatalog,
  extendCatalog,
  type ProviderData,
} from '../../../functions/core/catalog/catalog.ts';

const data = {
  version: 'v1',
  authors: [],
  providers: [
    { id: 'alpha', aliases: ['first'], models: [{ id: 'shared', aliases: ['Common'] }, { id: 'only-alpha' }] },
    { id: 'beta', formats: ['anthropic'], models: [{ id: 'SHARED' }] },
  ] satisfies ProviderData[],
};

test('finds providers by id and alias in any case', () => {
  const catalog = createCatalog(data);
  assert.equal(catalog.provider('ALPHA')?.id, 'alpha');
  assert.equal(catalog.provider('First')?.id, 'alpha');
  assert.equal(catalog.provider('gamma'), undefined);
});

test('finds a name over all providers in catalog order', () => {
  const named = createCatalog(data).modelsNamed('Shared');
  assert.deepEqual(
    named.map(model => `${model.providerId}:${model.id}`),
    ['alpha:shared', 'beta:SHARED'],
  );
  assert.deepEqual(createCatalog(data).modelsNamed('nothing'), []);
});

test('finds a model of one provider by any name of both', () => {
  const catalog = createCatalog(data);
  assert.equal(catalog.model('first', 'COMMON')?.id, 'shared');
  assert.equal(catalog.model('beta', 'only-alpha'), undefined);
  assert.equal(catalog.model('gamma', 'shared'), undefined);
});

test('names that JavaScript objects know are no models', () => {
  const catalog = createCatalog(data);
  assert.equal(catalog.provider('constructor'), undefined);
  assert.deepEqual(catalog.modelsNamed('__proto__'), []);
});

test('an id is enough: the rest has defaults, and surfaces follow the formats of the provider', () => {
  const catalog = createCatalog(data);
  const model = catalog.model('beta', 'shared');
  assert.deepEqual(model?.surfaces, ['messages']);
  assert.deepEqual(catalog.model('alpha', 'shared')?.surfaces, [
    'chat-completions',
    'completions',
    'responses',
    'embeddings',
  ]);
  assert.equal(model?.displayName, 'SHARED');
  assert.equal(model?.price, null);
  assert.equal(model?.imageTokensMax, null);
  assert.equal(catalog.provider('alpha')?.baseUrl, null);
});

test('members that are undefined count as absent', () => {
  const catalog = createCatalog({
    ...data,
    providers: [{ id: 'a', aliases: undefined, models: [{ id: 'm', aliases: undefined }] }],
  });
  assert.deepEqual(catalog.model('a', 'm')?.aliases, []);
});

test('prices become whole numbers of nano-USD', () => {
  const price = { input: 150_000_000, output: 600_000_000, tiers: [{ aboveInputTokens: 10, input: 1, output: 2 }] };
  const catalog = createCatalog({ ...data, providers: [{ id: 'a', models: [{ id: 'm', price }] }] });
  assert.deepEqual(catalog.model('a', 'm')?.price, {
    input: 150_000_000n,
    output: 600_000_000n,
    tiers: [{ aboveInputTokens: 10, input: 1n, output: 2n }],
  });
});

test('a price that is not whole is refused', () => {
  const models = [{ id: 'm', price: { input: 0.5, output: 1 } }];
  assert.throws(() => createCatalog({ ...data, providers: [{ id: 'a', models }] }), RangeError);
});

const collisions: [what: string, providers: ProviderData[], message: RegExp][] = [
  ['two providers of one id', [{ id: 'a' }, { id: 'A' }], /providers "a" and "A" share the name "a"/],
  [
    'an alias that is another provider',
    [{ id: 'a' }, { id: 'b', aliases: ['A'] }],
    /providers "a" and "b" share the name "a"/,
  ],
  [
    'two models of one id',
    [{ id: 'p', models: [{ id: 'm' }, { id: 'M' }] }],
    /models "m" and "M" of "p" share the name "m"/,
  ],
  [
    'an alias that is another model',
    [{ id: 'p', models: [{ id: 'm' }, { id: 'n', aliases: ['M'] }] }],
    /models "m" and "n" of "p" share the name "m"/,
  ],
  [
    'one alias for two models',
    [
      {
        id: 'p',
        models: [
          { id: 'm', aliases: ['x'] },
          { id: 'n', aliases: ['X'] },
        ],
      },
    ],
    /models "m" and "n" of "p" share the name "x"/,
  ],
];
for (const [what, providers, message] of collisions) {
  test(`refuses ${what}, naming both`, () => {
    const build = () => createCatalog({ ...data, providers });
    assert.throws(build, CatalogCollision);
    assert.throws(build, message);
  });
}

test('an alias that differs from its own id in case only is no collision', () => {
  const catalog = createCatalog({
    ...data,
    providers: [{ id: 'p', aliases: ['P'], models: [{ id: 'm', aliases: ['M', 'm'] }] }],
  });
  assert.equal(catalog.modelsNamed('m').length, 1);
});

test('more providers come after those there are, and the given catalog stays as it is', () => {
  const base = createCatalog(data);
  const extended = extendCatalog(base, [{ id: 'demo', aliases: ['d'], models: [{ id: 'shared' }, { id: 'new' }] }]);
  assert.deepEqual(
    extended.modelsNamed('shared').map(model => model.providerId),
    ['alpha', 'beta', 'demo'],
  );
  assert.equal(extended.model('D', 'new')?.providerId, 'demo');
  assert.equal(extended.model('alpha', 'only-alpha')?.id, 'only-alpha');
  assert.deepEqual(
    extended.providers.map(provider => provider.id),
    ['alpha', 'beta', 'demo'],
  );
  assert.equal(extended.version, 'v1');
  assert.equal(base.provider('demo'), undefined);
  assert.equal(base.models.length, 3);
});

test('an added provider may not take the name of one there is', () => {
  const base = createCatalog(data);
  assert.throws(
    () => extendCatalog(base, [{ id: 'mine', aliases: ['FIRST'] }]),
    /providers "alpha" and "mine" share the name "first"/,
  );
});
