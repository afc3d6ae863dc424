import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type ZodType, z } from 'zod';
import { shorten } from './error-result.ts';
import { ManagementError, type ManagementErrorCode } from './management-error.ts';

/** The largest body has a traffic policy in it, written as a JSON string. */
const bodyBytesMax = 1024 * 1024;

/** Bodies are a few levels deep; a deeper one is an attempt at something else. */
const depthMax = 32;

/** A body can be wrong in half a million places, and someone reads the answer. */
const problemsMax = 100;

/** @throws ManagementError naming the first thing that is wrong with the body; all of them are in its details */
export function readBody<Body>(event: APIGatewayProxyEventV2, schema: ZodType<Body> | undefined): Body {
  const text = readText(event);
  if (!schema) {
    if (/^\s*(\{\s*\})?\s*$/.test(text)) return undefined as Body;
    throw new ManagementError('ERR_NGROK_211', 'This operation takes no body; leave it out');
  }
  if (text === '') return check({}, schema, 'body');
  checkContentType(event.headers['content-type']);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new ManagementError('ERR_NGROK_213', 'The body is not JSON', { cause });
  }
  checkText(body);
  return check(body, schema, 'body');
}

export function readQuery<Query>(event: APIGatewayProxyEventV2, schema: ZodType<Query> | undefined): Query {
  const query = event.queryStringParameters ?? {};
  checkText(query);
  return check(query, schema ?? (z.strictObject({}) as unknown as ZodType<Query>), 'query');
}

/** The body as it arrived, for whoever checks a signature of it. */
export function rawBodyOf({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

function readText(event: APIGatewayProxyEventV2): string {
  const bytes = rawBodyOf(event);
  if (bytes.length > bodyBytesMax) {
    throw new ManagementError('request_too_large', `The body has ${bytes.length} bytes; send at most ${bodyBytesMax}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ManagementError('ERR_NGROK_212', 'The body is not UTF-8', { cause });
  }
}

/** A missing type is taken for JSON. Any other is refused: browsers send those across origins without asking first. */
function checkContentType(type: string | undefined): void {
  if (type === undefined || /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) return;
  throw new ManagementError('ERR_NGROK_210', `Content-Type is "${type}"; send application/json`);
}

/** Half a surrogate pair is text in JSON and nowhere else: it could be neither stored nor shown. */
function checkText(value: unknown, depth = 0): void {
  if (depth > depthMax) throw new ManagementError('ERR_NGROK_213', `The body is over ${depthMax} levels deep`);
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new ManagementError('ERR_NGROK_213', 'The body has half a surrogate pair in it, which is not text');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    checkText(name, depth);
    checkText(inner, depth + 1);
  }
}

function check<Value>(input: unknown, schema: ZodType<Value>, where: 'body' | 'query'): Value {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const found = parsed.error.issues.flatMap(issue => toProblems(issue, schema, where));
  const problems = found.slice(0, problemsMax).map(problem => ({
    ...problem,
    path: shorten(problem.path),
    message: shorten(problem.message),
  }));
  const [first] = problems as [Problem];
  throw new ManagementError(first.code, first.message, { details: { problems } });
}

interface Problem {
  code: ManagementErrorCode;
  path: string;
  message: string;
}

/** A message of the form `CODE: text` carries its own code, see `fields.ts`. */
function toProblems(issue: z.core.$ZodIssue, schema: ZodType, where: 'body' | 'query'): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const what = where === 'query' ? 'parameter' : 'field';
    const others = known(issue.path, schema);
    return issue.keys.map(key => {
      const path = toPath([...issue.path, key]);
      return { code: 'ERR_NGROK_214', path, message: `Unknown ${what} "${path}"; ${others}` };
    });
  }
  const path = toPath(issue.path);
  if (issue.input === undefined) {
    return [{ code: 'ERR_NGROK_27006', path, message: `Required field "${path}" is missing` }];
  }
  const [, code, message] = /^(ERR_NGROK_\d+): (.*)$/s.exec(issue.message) ?? [];
  const place = path === '' ? `the ${where}` : `"${path}"`;
  return [
    {
      code: (code as ManagementErrorCode) ?? 'ERR_NGROK_215',
      path,
      message: message ?? `Invalid value of ${place}: ${issue.message}`,
    },
  ];
}

function toPath(path: PropertyKey[]): string {
  return path.map(String).join('.');
}

/** What could be meant instead. */
function known(path: PropertyKey[], schema: ZodType): string {
  const fields = path.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return fields.length > 0 ? `there are ${fields.join(', ')}` : 'remove it';
}
