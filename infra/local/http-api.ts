import type { IncomingMessage, ServerResponse } from 'node:http';
import { unescape as decode } from 'node:querystring';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { answerPreflight, type Cors, corsHeaders, withoutCorsHeaders } from './cors.ts';
import { readBody, refuse, toFunctionEvent } from './function-event.ts';
import { type RunningServer, serveHttp } from './http-server.ts';
import { createContext, type LambdaContext, reportToStderr } from './lambda-runtime.ts';
import { toResponseHeaders } from './response-stream.ts';

export type HttpApiHandler = (event: APIGatewayProxyEventV2, context: LambdaContext) => Promise<unknown>;

/** API Gateway's limit for a request's body. */
const bodyBytesMax = 10 * 1024 * 1024;

/** Lambda's limit for a result, as JSON. */
const resultBytesMax = 6 * 1024 * 1024;

/** How long API Gateway waits for a function. */
const integrationTimeoutMs = 30_000;

type StructuredResult = APIGatewayProxyStructuredResultV2 & { statusCode: number };

interface CompiledRoute {
  /** `GET /endpoints/{id}` */
  key: string;
  method: string;
  segments: string[];
  handler: HttpApiHandler;
}

/**
 * Serves Lambda handlers as an API Gateway HTTP API does (payload format 2.0, buffered).
 * @param routes route key → handler: `POST /credits/grants`, `ANY /endpoints/{id}`, for all that is left below a path
 * `ANY /dashboard/{proxy+}`, and `$default` for what nothing else takes. Literal segments win over parameters, and
 * parameters over the rest; then a method over `ANY`.
 * @param options.port 0 picks a free one
 * @param options.cors answers preflights and completes answers, whatever the handlers say about it
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 * @throws PortTakenError
 */
export async function serveHttpApi(
  routes: Record<string, HttpApiHandler>,
  options: {
    port?: number;
    timeoutMs?: number;
    drainMs?: number;
    cors?: Cors;
    report?: (message: string, error?: unknown) => void;
  } = {},
): Promise<RunningServer> {
  const { timeoutMs = integrationTimeoutMs, cors, report = reportToStderr } = options;
  const compiled = Object.entries(routes)
    .filter(([key]) => key !== defaultRoute)
    .map(([key, handler]) => compile(key, handler))
    .sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
  const fallback = routes[defaultRoute];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url as string).split('?', 1)[0] as string;
    if (cors && answerPreflight(request, response, cors)) return;
    if (cors) for (const [name, value] of corsHeaders(request, cors)) response.setHeader(name, value);
    const found =
      findRoute(compiled, request.method as string, path.split('/')) ??
      (fallback && { key: defaultRoute, handler: fallback, pathParameters: undefined });
    if (!found) return refuse(request, response, 404, { message: 'Not Found' });
    const body = await readBody(request, bodyBytesMax);
    if (body === 'aborted') return;
    if (body === 'too_large') return refuse(request, response, 413, { message: 'Request Entity Too Large' });

    const { key, handler, pathParameters } = found;
    const event = toFunctionEvent(request, body, { key, pathParameters });
    const context = createContext(key, event.requestContext.requestId, timeoutMs);
    try {
      const result = await withTimeout(handler(event, context), timeoutMs);
      if (result === timedOut) {
        report(`${key}: no answer within ${timeoutMs} ms`);
        return refuse(request, response, 503, { message: 'Service Unavailable' });
      }
      if (Buffer.byteLength(JSON.stringify(result)) <= resultBytesMax)
        return send(response, result, cors !== undefined);
      report(`${key}: the result has over ${resultBytesMax} bytes`);
      refuse(request, response, 500, { message: 'Internal Server Error' });
    } catch (error) {
      report(`${key}: the handler failed`, error);
      refuse(request, response, 500, { message: 'Internal Server Error' });
    }
  };
  return serveHttp(answer, options);
}

const defaultRoute = '$default';

function compile(key: string, handler: HttpApiHandler): CompiledRoute {
  const [method, path] = key.split(' ') as [string, string];
  return { key, method, segments: path.split('/'), handler };
}

/** Sorts literal segments before parameters and those before greedy ones, segment by segment; `ANY` method comes last. */
function rank({ method, segments }: CompiledRoute): string {
  const ranks = segments.map(segment => (isGreedy(segment) ? '2' : isParameter(segment) ? '1' : '0'));
  return ranks.join('') + (method === 'ANY' ? '1' : '0');
}

function findRoute(routes: CompiledRoute[], method: string, path: string[]) {
  for (const route of routes) {
    if (route.method !== 'ANY' && route.method !== method) continue;
    const pathParameters = matchPath(route.segments, path);
    if (!pathParameters) continue;
    const hasSome = Object.keys(pathParameters).length > 0;
    return { ...route, pathParameters: hasSome ? pathParameters : undefined };
  }
  return undefined;
}

function matchPath(segments: string[], path: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = path[index];
    if (value === undefined) return undefined;
    if (isGreedy(segment)) {
      const rest = path.slice(index).join('/');
      return rest === '' ? undefined : { ...parameters, [segment.slice(1, -2)]: decode(rest) };
    }
    if (isParameter(segment) && value !== '') parameters[segment.slice(1, -1)] = decode(value);
    else if (segment !== value) return undefined;
  }
  return path.length === segments.length ? parameters : undefined;
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{');
}

function isGreedy(segment: string): boolean {
  return segment.endsWith('+}');
}

const timedOut = Symbol('timed out');

async function withTimeout<Result>(result: Promise<Result>, timeoutMs: number): Promise<Result | typeof timedOut> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof timedOut>(resolve => {
    timer = setTimeout(resolve, timeoutMs, timedOut);
  });
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** A result without a status is the body itself: so payload format 2.0 has it. */
function send(response: ServerResponse, result: unknown, hasCors: boolean): void {
  const answer: StructuredResult = isStructured(result)
    ? result
    : { statusCode: 200, body: typeof result === 'string' ? result : JSON.stringify(result) };
  const own = toResponseHeaders(answer);
  const headers = { 'content-type': 'application/json', ...(hasCors ? withoutCorsHeaders(own) : own) };
  response.statusCode = answer.statusCode;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8'));
}

function isStructured(result: unknown): result is StructuredResult {
  return typeof result === 'object' && result !== null && 'statusCode' in result;
}
