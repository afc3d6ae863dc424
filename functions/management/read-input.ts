import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type ZodType, z } from 'zod';
import { ManagementError, type ManagementErrorCode } from './management-error.ts';

/** @throws ManagementError naming the first thing that is wrong with the body; all of them are in its details */
export function readBody<Body>(event: APIGatewayProxyEventV2, schema: ZodType<Body> | undefined): Body {
  if (!schema) return undefined as Body;
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new ManagementError('ERR_NGROK_213', 'The body is not JSON', { cause });
  }
  return check(body, schema);
}

export function readQuery<Query>(event: APIGatewayProxyEventV2, schema: ZodType<Query> | undefined): Query {
  const query = event.queryStringParameters ?? {};
  return schema ? check(query, schema) : check(query, z.strictObject({}) as unknown as ZodType<Query>);
}

/** The body as it arrived, for whoever checks a signature of it. */
export function rawBodyOf({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

function check<Value>(input: unknown, schema: ZodType<Value>): Value {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(toProblem);
  const [first] = problems as [Problem];
  throw new ManagementError(first.code, first.message, { details: { problems } });
}

interface Problem {
  code: ManagementErrorCode;
  path: string;
  message: string;
}

/** A message of the form `CODE: text` carries its own code, see `fields.ts`. */
function toProblem(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return {
      code: 'ERR_NGROK_214',
      path,
      message: `Unknown field ${issue.keys.map(key => `"${key}"`).join(', ')}; remove it`,
    };
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return { code: 'ERR_NGROK_27006', path, message: `Required field "${path}" is missing` };
  }
  const [, code, message] = /^(ERR_NGROK_\d+): (.*)$/s.exec(issue.message) ?? [];
  return {
    code: (code as ManagementErrorCode) ?? 'ERR_NGROK_215',
    path,
    message: message ?? `Invalid value of "${path}": ${issue.message}`,
  };
}
