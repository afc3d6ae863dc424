import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { builtInCatalog } from '../../functions/core/catalog/built-in-catalog.ts';
import type { ManagementClient, Model } from '../../functions/management/client.generated.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

type Query = NonNullable<NonNullable<Parameters<ManagementClient['listModels']>[0]>['query']>;

async function all(query: Query = {}): Promise<Model[]> {
  const models: Model[] = [];
  for (let uri: string | null = `${api.url}/models?${new URLSearchParams(query as Record<string, string>)}`; uri; ) {
    const { body } = await api.call('GET', uri);
    models.push(...(body.models as Model[]));
    uri = body.next_page_uri as string | null;
  }
  return models;
}

test('pages visit the whole catalog once, in its order', async () => {
  const models = await all({ limit: 30 });
  assert.deepEqual(
    models.map(({ id }) => id),
    builtInCatalog.models.map(({ providerId, id }) => `${providerId}:${id}`),
  );
  assert.equal(new Set(models.map(({ id }) => id)).size, models.length);
});

test('a model is shown with its prices in decimal USD', async () => {
  const [model, ...rest] = await all({ id: 'openai:gpt-4o-mini' });
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [model?.provider, model?.model, model?.managed, model?.pricing?.input, model?.pricing?.output],
    ['openai', 'gpt-4o-mini', true, '0.15', '0.60'],
  );
  assert.ok(model?.surfaces.includes('chat-completions'));
});

const filters: [query: Query, keeps: (model: Model) => boolean][] = [
  [{ provider: 'anthropic' }, ({ provider }) => provider === 'anthropic'],
  [{ provider: 'ANTHROPIC' }, ({ provider }) => provider === 'anthropic'],
  [{ surface: 'messages' }, ({ surfaces }) => surfaces.includes('messages')],
  [{ feature: 'vision' }, ({ features }) => features.includes('vision')],
  [
    { provider: 'openai', feature: 'reasoning' },
    model => model.provider === 'openai' && model.features.includes('reasoning'),
  ],
  [{ provider: 'nobody' }, () => false],
  [{ id: 'nothing' }, () => false],
  [{ id: 'openai:nothing' }, () => false],
];

for (const [query, keeps] of filters) {
  test(`${JSON.stringify(query)} chooses, on every page`, async () => {
    const found = await all({ ...query, limit: 3 });
    assert.deepEqual(found, (await all()).filter(keeps));
  });
}

test('a name or an alias without provider finds the model at every provider', async () => {
  const aliased = builtInCatalog.models.find(({ aliases }) => aliases.length > 0);
  for (const name of [aliased?.id, aliased?.aliases[0], aliased?.id.toUpperCase()]) {
    const found = await all({ id: name as string });
    assert.deepEqual(
      found.map(({ id }) => id),
      builtInCatalog.modelsNamed(name as string).map(({ providerId, id }) => `${providerId}:${id}`),
    );
    assert.ok(found.length > 0);
  }
});

test('a page begins after a model of the list, or is refused', async () => {
  const answer = await api.call('GET', '/models?before_id=openai:nothing');
  assert.deepEqual([answer.status, answer.body.error_code], [400, 'ERR_NGROK_215']);
});
