import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import type { AnyRoute } from '../../functions/management/route.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { type Operation, type Parameter, toOpenApi } from '../../infra/openapi/document.ts';
import { policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { fillPath, makeOneOfEach, needsStripe } from '../support/management-objects.ts';
import { toArbitrary, toBrokenArbitrary } from '../support/schema-arbitrary.ts';

const routes: AnyRoute[] = Object.values(managementInventory).flat();
const { paths, components } = toOpenApi(routes);
const seed = 20_260_101;

/** Inputs for each operation; `TOLLGATE_FUZZ=50` tries fifty times as many. */
const effort = Number(process.env.TOLLGATE_FUZZ ?? 1);
const validRuns = 6 * effort;
const invalidRuns = 12 * effort;

const anyId = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.constantFrom('..', '%00', '💥', 'ep_000000000000000'),
);
const anyIds = fc.array(anyId, { minLength: 2, maxLength: 2 });
const anyQuery = fc.dictionary(
  fc.constantFrom('limit', 'before_id', 'id', 'other'),
  fc.string({ unit: 'binary', maxLength: 300 }),
  { maxKeys: 2 },
);
const anyHeader = fc.string({ maxLength: 40, unit: fc.constantFrom(...'abc"\'*/0123 ~') });
const anyJson = fc.jsonValue({ maxDepth: 2 });

let api: TestManagement;
let objects: Record<string, string>;
let lotId: string;
before(async () => {
  api = await startTestManagement();
  objects = await makeOneOfEach(api.operator, api);
  lotId = (await api.operator.createCreditGrant({ body: { amount_usd: '1.00', reason: 'to refund' } })).id;
  const { id } = await api.operator.createAccount({ body: { plan: 'payg' } });
  objects['/accounts'] = id; // changing the plan of our own would end most of what follows
});
after(async () => {
  await api.close();
  assert.deepEqual(api.reports, []);
});

/** What an operation of the description does must be what the description says. */
async function checkCall(
  route: AnyRoute,
  operation: Operation,
  path: string,
  options: Parameters<TestManagement['call']>[2],
): Promise<number> {
  const answer = await api.call(route.method, path, options);
  const what = `${route.method} ${path} ${JSON.stringify(options)}: ${JSON.stringify(answer.body)}`;
  if (answer.status === 501 && needsStripe(route)) {
    assert.equal(errorAnswer.parse(answer.body).error_code, 'stripe_not_configured', what);
    return answer.status;
  }
  assert.ok(answer.status < 500, what);
  if (answer.status >= 400) {
    assert.equal(errorAnswer.parse(answer.body).status_code, answer.status, what);
    return answer.status;
  }
  assert.ok(String(answer.status) in operation.responses, what);
  if (route.answer) {
    const parsed = route.answer.safeParse(route.answerTypes ? answer.body.text : answer.body);
    assert.ok(parsed.success, `${what} ${parsed.error}`);
  } else {
    assert.deepEqual(answer.body, {}, what);
  }
  return answer.status;
}

const ofQuery = (operation: Operation) =>
  (operation.parameters ?? []).filter(
    (parameter): parameter is Parameter => 'in' in parameter && parameter.in === 'query',
  );

function toSearch(query: object): URLSearchParams {
  const texts = Object.entries(query).map(([name, value]) => [name, String(value).toWellFormed()]);
  return new URLSearchParams(Object.fromEntries(texts));
}

/** Fields whose value has to fit what is there, as it is there. */
function fit(operation: string, body: unknown): unknown {
  const { vault_name: _, gateway_key: __, ...fields } = body as Record<string, unknown>;
  return {
    ...fields,
    ...('endpoint_id' in fields && { endpoint_id: objects['/endpoints'] }),
    ...('traffic_policy' in fields && { traffic_policy: policy }),
    ...('document' in fields && { document: policy }),
    ...('version' in fields && { version: 1 }),
    ...(operation === 'createSecret' && { vault_id: objects['/vaults'] }),
    ...(operation === 'explainEndpoint' && { path: '/v1/chat/completions' }),
    ...('target' in fields && { target: { webhook: { url: 'http://127.0.0.1:1/' } } }),
    ...('sources' in fields && { sources: [{ type: 'ai_gateway_request.v0' }] }),
    ...('destination_ids' in fields && { destination_ids: [objects['/event_destinations']] }),
    ...('event_destination_ids' in fields && { event_destination_ids: [] }),
    ...('lot_id' in fields && { lot_id: lotId }),
    ...('amount_usd' in fields && { amount_usd: '5.00' }),
  };
}

for (const route of routes) {
  const name = operationNameOf(route);
  const operation = paths[route.path]?.[route.method.toLowerCase()] as Operation;
  const schema = operation.requestBody?.content['application/json']?.schema;
  const isRemoval = route.method === 'DELETE';

  test(`${name} answers valid input as it is described`, async () => {
    const query = fc.record(
      Object.fromEntries(ofQuery(operation).map(({ name, schema }) => [name, toArbitrary(schema, components.schemas)])),
      { requiredKeys: [], noNullPrototype: true },
    );
    const body = schema
      ? toArbitrary(schema, components.schemas).map(value => fit(name, value))
      : fc.constant(undefined);
    let succeeded = 0;
    await fc.assert(
      fc.asyncProperty(query, body, async (query, body) => {
        // In an account of its own, because an account has few vaults.
        const removing = isRemoval ? await api.newAccount() : undefined;
        const own = removing ? await makeOneOfEach(removing.client, { store: api.store, ...removing }) : objects;
        const search = toSearch(query);
        const path = `${fillPath(route.path, own)}${search.size > 0 ? `?${search}` : ''}`;
        const status = await checkCall(route, operation, path, { body, ...(removing && { token: removing.token }) });
        if (status < 300 || status === 501) succeeded++;
      }),
      { numRuns: isRemoval ? 2 : validRuns, seed },
    );
    assert.ok(succeeded > 0, 'some of it succeeds');
  });

  test(`${name} answers invalid input with an error in its shape`, async () => {
    const body = schema ? toBrokenArbitrary(schema, components.schemas) : anyJson;
    await fc.assert(
      fc.asyncProperty(anyIds, anyQuery, body, anyHeader, fc.boolean(), async (ids, query, body, header, keepsIds) => {
        const path =
          keepsIds && !isRemoval
            ? fillPath(route.path, objects)
            : route.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(ids.pop() ?? 'x'));
        const search = toSearch(query);
        const headers = { 'if-match': header, 'idempotency-key': header };
        await checkCall(route, operation, `${path}?${search}`, { ...(route.method !== 'GET' && { body }), headers });
      }),
      { numRuns: invalidRuns, seed },
    );
  });
}
