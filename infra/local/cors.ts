import type { IncomingMessage, ServerResponse } from 'node:http';

/** What an HTTP API is configured with. */
export interface Cors {
  /** Origins, or patterns of a scheme and `*`. */
  origins: readonly string[];
  methods: readonly string[];
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
  credentials: boolean;
  preflightMaxAgeSeconds: number;
}

/**
 * Answers a browser's question before a request of another origin, as API Gateway does, without asking a function.
 * @returns whether it was such a question
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, cors: Cors): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return false;
  response.statusCode = 204;
  if (isAllowed(origin, cors)) {
    for (const [name, value] of originHeaders(origin, cors)) response.setHeader(name, value);
    response.setHeader('access-control-allow-methods', cors.methods.join(','));
    response.setHeader('access-control-allow-headers', cors.requestHeaders.join(','));
    response.setHeader('access-control-max-age', cors.preflightMaxAgeSeconds);
  }
  response.end();
  return true;
}

/** What the answer to a request of another origin gets. */
export function corsHeaders({ headers: { origin } }: IncomingMessage, cors: Cors): [name: string, value: string][] {
  if (origin === undefined || !isAllowed(origin, cors)) return [];
  return [...originHeaders(origin, cors), ['access-control-expose-headers', cors.responseHeaders.join(',')]];
}

/** An API that is configured for CORS does not listen to what its functions say about it. */
export function withoutCorsHeaders<Value>(headers: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^access-control-/i.test(name)));
}

function originHeaders(origin: string, { credentials }: Cors): [name: string, value: string][] {
  const allow: [string, string] = ['access-control-allow-origin', origin];
  return credentials ? [allow, ['access-control-allow-credentials', 'true']] : [allow];
}

function isAllowed(origin: string, { origins }: Cors): boolean {
  return origins.some(pattern =>
    pattern.endsWith('*') ? origin.startsWith(pattern.slice(0, -1)) : origin === pattern,
  );
}
