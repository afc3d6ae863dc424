import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What API Gateway knows of the route that a request took; a Function URL has only `$default`. */
export interface Route {
  key: string;
  pathParameters?: Record<string, string>;
}

/** Between two computers only; none of them reaches a function. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const noBody = Buffer.alloc(0);

/** How long a refused upload is still read, so that its sender comes to read the refusal. */
const discardMs = 10_000;

/**
 * Reads a body to its end.
 * @returns `too_large` as soon as that is certain, with the rest unread; `aborted` when the client left
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | 'too_large' | 'aborted'> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) return Promise.resolve(noBody);
  if (Number(length) > bytesMax) return Promise.resolve('too_large');
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > bytesMax) settle('too_large');
    };
    const onEnd = () => settle(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
    const settle = (result: Buffer | 'too_large') => {
      request.off('data', onData).off('end', onEnd);
      resolve(result);
    };
    request.on('data', onData).on('end', onEnd);
    request.on('error', () => resolve('aborted'));
  });
}

/**
 * Answers before the upload has ended. What still comes is read and thrown away for a while: a connection closed with
 * unread bytes is reset, and a reset makes clients lose the answer.
 */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, json: unknown): void {
  const body = JSON.stringify(json);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
  request.resume();
  if (request.complete) return;
  const giveUp = () => request.complete || request.socket.destroy();
  setTimeout(giveUp, discardMs).unref();
}

/**
 * A request as Lambda receives it in payload format 2.0: header names in lower case, repeated headers joined by commas,
 * cookies apart, the body as text or base64.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
export function toFunctionEvent(request: IncomingMessage, body: Buffer, route: Route): APIGatewayProxyEventV2 {
  const url = request.url as string;
  const queryAt = url.indexOf('?');
  const rawPath = queryAt === -1 ? url : url.slice(0, queryAt);
  const rawQueryString = queryAt === -1 ? '' : url.slice(queryAt + 1);
  const { headers, cookies } = toHeaders(request);
  const isText = isTextual(headers);
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: route.key,
    rawPath,
    rawQueryString,
    headers,
    requestContext: toRequestContext(request, route.key, rawPath, headers),
    isBase64Encoded: body.length > 0 && !isText,
  };
  if (cookies.length > 0) event.cookies = cookies;
  if (rawQueryString !== '') event.queryStringParameters = toQueryParameters(rawQueryString);
  if (route.pathParameters) event.pathParameters = route.pathParameters;
  if (body.length > 0) event.body = body.toString(isText ? 'utf8' : 'base64');
  return event;
}

function toHeaders({ rawHeaders, socket }: IncomingMessage) {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] as string;
    if (name === 'cookie') cookies.push(...value.split(/; ?/));
    else if (!hopByHop.has(name)) headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  const client = socket.remoteAddress ?? '';
  const forwarded = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwarded === undefined ? client : `${forwarded}, ${client}`;
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-port'] = String(socket.localPort);
  return { headers, cookies };
}

/**
 * Which bodies AWS passes as text. Forms and everything compressed come as base64.
 * @see https://aws.amazon.com/blogs/compute/handling-binary-data-using-amazon-api-gateway-http-apis/
 */
function isTextual(headers: Record<string, string>): boolean {
  if (headers['content-encoding'] !== undefined) return false;
  const type = headers['content-type'] ?? '';
  return /^(text\/|application\/(json|javascript|xml)\s*(;|$))/i.test(type);
}

function toQueryParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return parameters;
}

function toRequestContext(request: IncomingMessage, routeKey: string, path: string, headers: Record<string, string>) {
  const now = new Date();
  const domainName = (headers.host ?? 'localhost').replace(/:\d+$/, '');
  return {
    accountId: 'anonymous',
    apiId: 'local',
    domainName,
    domainPrefix: domainName.split('.', 1)[0] as string,
    http: {
      method: request.method as string,
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey,
    stage: '$default',
    time: commonLogTime(now),
    timeEpoch: now.getTime(),
  };
}

/** `24/Nov/2026:04:10:00 +0000` */
function commonLogTime(time: Date): string {
  const text = time.toUTCString();
  return `${text.slice(5, 7)}/${text.slice(8, 11)}/${text.slice(12, 16)}:${text.slice(17, 25)} +0000`;
}
