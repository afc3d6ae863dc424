import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import type { AnyRoute } from '../../functions/management/route.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { type JsonSchema, type Operation, toOpenApi } from '../../infra/openapi/document.ts';
import { generatedFiles } from '../../infra/openapi/generate.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';

const routes: AnyRoute[] = Object.values(managementInventory).flat();
const document = toOpenApi(routes);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

test('what is checked in is what the routes say; `npm run openapi` brings it up to date', () => {
  for (const [file, text] of Object.entries(generatedFiles())) {
    assert.ok(readFileSync(file, 'utf8') === text, `${file} is stale`);
  }
});

test('it is served to everybody', async () => {
  const answer = await api.call('GET', '/openapi.json', { token: '' });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, JSON.parse(JSON.stringify(document)));
});

test('every route is one operation, with a name of its own', () => {
  assert.equal(operations.length, routes.length);
  const names = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length);
});

test('every operation says what it does, who may, and what goes wrong', () => {
  for (const { operation, path } of operations) {
    const name = operation.operationId;
    assert.match(name, /^[a-z][A-Za-z]+$/);
    assert.match(operation.summary, /^[A-Z].*[^.]$/, name);
    assert.match(operation.description, /\.$/, name);
    assert.deepEqual(operation.tags, [path.split('/')[1]], name);
    const successes = Object.keys(operation.responses).filter(status => status.startsWith('2'));
    assert.equal(successes.length, 1, name);
    for (const status of ['4XX', '5XX']) {
      assert.deepEqual(operation.responses[status], { $ref: '#/components/responses/Error' }, name);
    }
  }
});

test('every parameter of a path is declared, and none besides', () => {
  for (const { operation, path } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).flatMap(parameter =>
      'in' in parameter && parameter.in === 'path' ? [parameter.name] : [],
    );
    assert.deepEqual(declared, inPath, path);
  }
});

test('every operation belongs to a tag that is described, and no parameter is declared twice', () => {
  const described = document.tags.filter(({ description }) => description.length > 0).map(({ name }) => name);
  assert.deepEqual(described.toSorted(), [...new Set(operations.flatMap(({ operation }) => operation.tags))].sort());
  for (const { operation } of operations) {
    const keys = (operation.parameters ?? []).map(parameter =>
      '$ref' in parameter ? parameter.$ref : `${parameter.in} ${parameter.name}`,
    );
    assert.equal(new Set(keys).size, keys.length, operation.operationId);
  }
});

test('every reference leads somewhere, and every component is referred to', () => {
  const used = new Set(
    [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(
      ([, kind, name]) => `${kind}/${name}`,
    ),
  );
  const { securitySchemes: _, ...components } = document.components;
  const there = Object.entries(components).flatMap(([kind, named]) =>
    Object.keys(named).map(name => `${kind}/${name}`),
  );
  assert.deepEqual([...used].sort(), there.sort());
});

test('every object of a schema is closed, and every schema says a type', () => {
  const check = (schema: JsonSchema, where: string): void => {
    if (schema.$ref) return;
    assert.ok(schema.type ?? schema.anyOf ?? schema.enum ?? 'const' in schema, where);
    if (schema.type === 'object') assert.notEqual(schema.additionalProperties, undefined, where);
    for (const name of schema.required ?? []) assert.ok(name in (schema.properties ?? {}), `${where}.${name}`);
    if ('default' in schema) checkDefault(schema, where);
    for (const [name, inner] of Object.entries(schema.properties ?? {})) check(inner, `${where}.${name}`);
    if (schema.items) check(schema.items, `${where}[]`);
    for (const option of schema.anyOf ?? []) check(option, where);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) check(schema, name);
  for (const { operation } of operations) {
    for (const { schema, where } of schemasOf(operation)) check(schema, where);
  }
});

/** What is taken when a field is left out must be what the field takes. */
function checkDefault(
  { default: value, type, anyOf = [], minimum = -Infinity, maximum = Infinity }: JsonSchema,
  where: string,
): void {
  const types: Record<string, boolean> = {
    string: typeof value === 'string',
    boolean: typeof value === 'boolean',
    array: Array.isArray(value),
    object: typeof value === 'object' && !Array.isArray(value),
    integer: Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  };
  const named = type === undefined ? anyOf.map(option => String(option.type)) : [String(type)];
  assert.ok(
    named.some(name => types[name]),
    `${where} is ${JSON.stringify(value)} by default`,
  );
}

function schemasOf({ operationId, requestBody, responses }: Operation): { schema: JsonSchema; where: string }[] {
  const contents = [requestBody, ...Object.values(responses)].flatMap(part =>
    part && 'content' in part ? [part.content] : [],
  );
  return contents.flatMap(content =>
    Object.values(content ?? {}).map(({ schema }) => ({ schema, where: operationId })),
  );
}

const names: [route: string, name: string][] = [
  ['GET /vaults', 'listVaults'],
  ['POST /vaults', 'createVault'],
  ['GET /vaults/{id}', 'getVault'],
  ['PATCH /vaults/{id}', 'updateVault'],
  ['DELETE /ai_gateway_api_keys/{id}', 'deleteAiGatewayApiKey'],
  ['GET /credits/balance', 'getCreditBalance'],
  ['POST /credits/checkout_sessions', 'createCreditCheckoutSession'],
  ['GET /endpoints/{id}/versions', 'listEndpointVersions'],
  ['GET /endpoints/{id}/versions/{version}', 'getEndpointVersion'],
  ['POST /endpoints/{id}/rollback', 'rollbackEndpoint'],
  ['POST /endpoints/import', 'importEndpoints'],
  ['POST /webhooks/stripe', 'stripeWebhooks'],
  ['GET /openapi.json', 'getOpenapiJson'],
];

for (const [route, name] of names) {
  test(`${route} is called ${name}`, () => {
    const [method, path] = route.split(' ') as [string, string];
    assert.equal(operationNameOf({ method, path }), name);
  });
}

test('the client speaks of its own account, and hands errors on whole', async () => {
  const made = await api.operator.createAiGatewayApiKey({
    body: { endpoint_id: api.endpointId, description: 'a b&c' },
  });
  const page = await api.operator.listAiGatewayApiKeys({ query: { limit: 1 } });
  assert.equal(page.ai_gateway_api_keys[0]?.description, 'a b&c');
  assert.equal(await api.operator.deleteAiGatewayApiKey({ id: made.id }), undefined);
  await assert.rejects(api.operator.getAiGatewayApiKey({ id: 'a/b?c' }), {
    name: 'ManagementApiError',
    status: 404,
    code: 'not_found',
    message: 'There is no AI Gateway API key "a/b?c"',
  });
});
