import { type ZodType, z } from 'zod';
import { accountHeader } from '../../functions/management/authenticate.ts';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import type { AnyRoute, Route } from '../../functions/management/route.ts';

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  schema: JsonSchema;
}

/** By content type. */
type Content = Record<string, { schema: JsonSchema }>;

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security?: object[];
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content } | { $ref: string }>;
}

export interface OpenApi {
  openapi: '3.1.0';
  info: object;
  servers: { url: string; description: string }[];
  security: object[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    parameters: Record<string, Parameter>;
    responses: Record<string, { description: string; content: Content }>;
    securitySchemes: object;
  };
}

const headers = {
  NgrokVersion: header('Ngrok-Version', { type: 'string', enum: ['2'] }, 'The version of this API; 2 when absent'),
  TollgateAccount: header(accountHeader, { type: 'string' }, 'Operators only: the account to act on'),
  IdempotencyKey: header(
    'Idempotency-Key',
    { type: 'string', minLength: 1, maxLength: 255 },
    'For 24 hours, requests with the same key and body make one object; the same key with another body is refused',
  ),
  IfMatch: header('If-Match', { type: 'string' }, 'The ETag that the object must still have; else 412'),
};

/** The management API as OpenAPI 3.1, made from the schemas that check its requests. */
export function toOpenApi(routes: readonly AnyRoute[]): OpenApi {
  const schemas: Record<string, JsonSchema> = {};
  const toSchema = (schema: ZodType) => toJsonSchema(schema, schemas);
  const error = { 'application/json': { schema: toSchema(errorAnswer) } };
  const paths: OpenApi['paths'] = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = { ...path, [route.method.toLowerCase()]: toOperation(route, toSchema) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollgate management API',
      version: '2',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Accounts, keys, endpoints and their policies, credits and the audit log of a Tollgate deployment.',
    },
    servers: [{ url: '/', description: 'Where this description came from' }],
    security: [{ managementKey: [] }],
    tags: [...new Set(routes.map(tagOf))].map(name => ({ name, description: describeTag(name) })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1))),
      parameters: headers,
      responses: { Error: { description: 'What went wrong, and what to do', content: error } },
      securitySchemes: {
        managementKey: { type: 'http', scheme: 'bearer', description: 'A management key: ng-…-m1-…' },
      },
    },
  };
}

function toOperation(route: AnyRoute, toSchema: (schema: ZodType) => JsonSchema): Operation {
  const { answer, answerTypes = ['application/json'] } = route;
  const content = answer && Object.fromEntries(answerTypes.map(type => [type, { schema: toSchema(answer) }]));
  const operation = {
    operationId: operationNameOf(route),
    summary: route.summary,
    tags: [tagOf(route)],
    responses: {
      [successStatusOf(route)]: { description: answer ? 'Done' : 'Done; there is no body', content },
      '4XX': { $ref: '#/components/responses/Error' },
      '5XX': { $ref: '#/components/responses/Error' },
    },
  };
  if (route.role === 'public') return { ...operation, description: 'Needs no management key.', security: [] };
  return {
    ...operation,
    description: `Needs a management key with role ${route.role}${route.role === 'operator' ? '' : ' or above'}.`,
    parameters: parametersOf(route, toSchema),
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: toSchema(route.body) } } },
    }),
  };
}

/** What an operation answers when it succeeds: 204 without a body, 201 for something new. */
export function successStatusOf({ method, path, answer }: AnyRoute): number {
  if (!answer) return 204;
  return method === 'POST' && path.endsWith('s') ? 201 : 200;
}

function parametersOf(route: Route, toSchema: (schema: ZodType) => JsonSchema): Operation['parameters'] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(
    ([, name]): Parameter => ({ name: name as string, in: 'path', required: true, schema: { type: 'string' } }),
  );
  const { properties = {}, required = [] } = route.query ? toSchema(route.query) : {};
  const inQuery = Object.entries(properties).map(
    ([name, { description, ...schema }]): Parameter => ({
      name,
      in: 'query',
      ...(required.includes(name) && { required: true }),
      ...(description !== undefined && { description }),
      schema,
    }),
  );
  const shared = ['NgrokVersion', 'TollgateAccount'];
  if (route.idempotent) shared.push('IdempotencyKey');
  if (route.locked) shared.push('IfMatch');
  return [...inPath, ...inQuery, ...shared.map(name => ({ $ref: `#/components/parameters/${name}` }))];
}

/** Named schemas go to the components, and refer to each other there. */
function toJsonSchema(schema: ZodType, schemas: Record<string, JsonSchema>): JsonSchema {
  const converted = z.toJSONSchema(schema, { io: 'input', override: simplify });
  const {
    $schema: _,
    $defs = {},
    ...own
  } = JSON.parse(JSON.stringify(converted).replaceAll('#/$defs/', '#/components/schemas/'));
  for (const [name, { id: _, ...definition }] of Object.entries($defs as Record<string, { id?: string }>)) {
    schemas[name] = definition;
  }
  return own;
}

/** Formats say it better than the patterns that zod checks them with. */
function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

const tags: Record<string, string> = {
  accounts: 'Who has endpoints, keys and credits, on which plan; for operators',
  ai_gateway_api_keys: 'Keys that call models through one endpoint',
  api_keys: 'Keys for this API',
  audit_events: 'Who changed what, when and from where',
  credits: 'The balance, what was put into it, and what became of it',
  endpoints: 'Gateways with a policy of their own, and every version of it',
  event_destinations: 'Where events go, and how delivery fares',
  event_subscriptions: 'Which events go where',
  inspector: 'Requests and answers as they passed an endpoint that keeps them',
  metrics: 'How requests went lately, as numbers over time',
  models: 'The catalog of models',
  'openapi.json': 'This description',
  secrets: 'Values that policies read, which are never shown',
  usage: 'What became of requests to models',
  vaults: 'Groups of secrets',
  webhooks: 'For services that tell us something',
};

/** @throws Error for a first part of a path that nothing is said of yet */
function describeTag(name: string): string {
  const description = tags[name];
  if (description === undefined) throw new Error(`say in infra/openapi/document.ts what "${name}" is about`);
  return description;
}

function tagOf({ path }: AnyRoute): string {
  return path.split('/')[1] as string;
}

function header(name: string, schema: JsonSchema, description: string): Parameter {
  return { name, in: 'header', description, schema };
}
