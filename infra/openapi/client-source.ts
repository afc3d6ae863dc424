import type { JsonSchema, OpenApi, Operation, Parameter } from './document.ts';

/** Source text of a client with one method for each operation: types from the schemas, `fetch`, and nothing else. */
export function toClientSource({ paths, components }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return `// Made by \`npm run openapi\` from the routes of the management API; change those instead.

${Object.entries(components.schemas).map(toInterface).join('\n\n')}

/** One method for each operation of the management API. Whatever is refused rejects with a \`ManagementApiError\`. */
export interface ManagementClient {
${operations.map(({ operation, path }) => toMethod(operation, path)).join('\n')}
}

const operations: Record<keyof ManagementClient, readonly [method: string, path: string]> = {
${operations.map(({ operation, method, path }) => `  ${operation.operationId}: ['${method}', '${path}'],`).join('\n')}
};
${runtime}`;
}

function toInterface([name, schema]: [string, JsonSchema]): string {
  return `${comment('', schema.description)}export type ${name} = ${toType(schema, '')};`;
}

function toMethod({ operationId, summary, parameters = [], requestBody, responses }: Operation, path: string): string {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `${name}: string`);
  const own = parameters.filter((parameter): parameter is Parameter => 'name' in parameter);
  const inQuery = own.filter(parameter => parameter.in === 'query');
  const query = inQuery.map(({ name, required, schema }) => `${name}${required ? '' : '?'}: ${toType(schema, '')}`);
  const isQueryNeeded = inQuery.some(({ required }) => required);
  const shared = parameters.map(parameter => ('$ref' in parameter ? parameter.$ref.split('/').at(-1) : ''));
  const body = requestBody?.content['application/json']?.schema;
  const fields = [
    ...inPath,
    ...(query.length > 0 ? [`query${isQueryNeeded ? '' : '?'}: { ${query.join('; ')} }`] : []),
    ...(body ? [`body: ${toType(body, '  ')}`] : []),
    ...(shared.includes('IdempotencyKey') ? ['idempotencyKey?: string'] : []),
    ...(shared.includes('IfMatch') ? ['ifMatch?: string'] : []),
    ...(shared.includes('TollgateAccount') ? ['account?: string'] : []),
  ];
  const isInputNeeded = fields.some(field => !/^\w+\?:/.test(field));
  const input = fields.length > 0 ? `input${isInputNeeded ? '' : '?'}: { ${fields.join('; ')} }` : '';
  return `${comment('  ', summary)}  ${operationId}(${input}): Promise<${answerOf(responses)}>;`;
}

function answerOf(responses: Operation['responses']): string {
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const content = success && 'content' in success ? success.content : undefined;
  const [answer] = Object.values(content ?? {});
  return answer ? toType(answer.schema, '  ') : 'undefined';
}

function toType(schema: JsonSchema, indent: string): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) as string;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map(value => JSON.stringify(value)));
  if (schema.anyOf) return union(schema.anyOf.map(option => toType(option, indent)));
  if (Array.isArray(schema.type)) return union(schema.type.map(type => toType({ ...schema, type }, indent)));
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `Array<${toType(schema.items ?? {}, indent)}>`;
    case 'object':
      return toObjectType(schema, indent);
    default:
      return 'unknown';
  }
}

function toObjectType({ properties = {}, required = [], additionalProperties }: JsonSchema, indent: string): string {
  const rest = typeof additionalProperties === 'object' ? toType(additionalProperties, indent) : undefined;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const inner = `${indent}  `;
    const optional = required.includes(name) ? '' : '?';
    return `${comment(inner, schema.description)}${inner}${name}${optional}: ${toType(schema, inner)};`;
  });
  if (fields.length === 0) return `Record<string, ${rest ?? 'unknown'}>`;
  const open = rest === undefined ? '' : ` & Record<string, ${rest}>`;
  return `{\n${fields.join('\n')}\n${indent}}${open}`;
}

function union(types: string[]): string {
  return [...new Set(types)].join(' | ');
}

function comment(indent: string, text: string | undefined): string {
  return text === undefined ? '' : `${indent}/** ${text}. */\n`;
}

const runtime = `
export interface ManagementClientOptions {
  /** \`https://host\`, without a slash at the end. */
  baseUrl: string;
  /** A management key; leave it out where something else proves the caller. */
  token?: string;
  fetch?: typeof fetch;
}

/** What the API answered instead of what was asked for. */
export class ManagementApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: ApiError['details'] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, error: Partial<ApiError>, retryAfter: string | null) {
    super(error.msg ?? \`HTTP \${status}\`);
    this.name = 'ManagementApiError';
    this.status = status;
    this.code = error.error_code ?? 'unknown';
    this.details = error.details;
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

interface Input {
  query?: Record<string, unknown>;
  body?: unknown;
  idempotencyKey?: string;
  ifMatch?: string;
  account?: string;
  [pathPart: string]: unknown;
}

export function createManagementClient(options: ManagementClientOptions): ManagementClient {
  const { baseUrl, token, fetch: send = fetch } = options;
  const call = async (method: string, template: string, input: Input): Promise<unknown> => {
    const path = template.replace(/\\{(\\w+)\\}/g, (_, part) => encodeURIComponent(String(input[part])));
    const query = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined);
    const texts = Object.fromEntries(query.map(([name, value]) => [name, String(value)]));
    const search = query.length > 0 ? \`?\${new URLSearchParams(texts)}\` : '';
    const headers: Record<string, string> = {};
    if (token !== undefined) headers.authorization = \`Bearer \${token}\`;
    if (input.body !== undefined) headers['content-type'] = 'application/json';
    if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey;
    if (input.ifMatch !== undefined) headers['if-match'] = input.ifMatch;
    if (input.account !== undefined) headers['tollgate-account'] = input.account;
    const body = input.body === undefined ? undefined : JSON.stringify(input.body);
    const response = await send(baseUrl + path + search, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    if (response.ok && response.headers.get('content-type')?.startsWith('text/')) return text;
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    throw new ManagementApiError(response.status, readError(text), response.headers.get('retry-after'));
  };
  const methods = Object.entries(operations).map(([name, [method, path]]) => [
    name,
    (input: Input = {}) => call(method, path, input),
  ]);
  return Object.fromEntries(methods) as ManagementClient;
}

function readError(text: string): Partial<ApiError> {
  try {
    return JSON.parse(text) as Partial<ApiError>;
  } catch {
    return {}; // something between us and the API answered
  }
}
`;
