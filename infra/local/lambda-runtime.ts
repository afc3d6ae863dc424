import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { readBody, refuse, toFunctionEvent } from './function-event.ts';
import { type RunningServer, serveHttp } from './http-server.ts';
import { HttpResponseStream, ResponseStream } from './response-stream.ts';

/** What a handler is told about its invocation. */
export interface LambdaContext {
  awsRequestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

export type StreamingHandler = (
  event: LambdaFunctionURLEvent,
  responseStream: Writable,
  context: LambdaContext,
) => Promise<unknown>;

/** Lambda's limit for the event of one invocation, as JSON. */
const eventBytesMax = 6 * 1024 * 1024;

/** Lambda's longest timeout. */
const longestTimeoutMs = 15 * 60 * 1000;

/** No byte of a body takes more than six in JSON (`\u0000`), and Node accepts 16 KB of headers: such events always fit. */
const bodyBytesThatFit = (eventBytesMax - 256 * 1024) / 6;

/**
 * Defines the global `awslambda` that streaming handlers are wrapped with. Wrapping happens while a handler's module
 * loads, so this has to come before its import.
 */
export function installLambdaRuntime(): void {
  const runtime = { streamifyResponse: <Handler>(handler: Handler): Handler => handler, HttpResponseStream };
  Object.assign(globalThis, { awslambda: runtime });
}

/**
 * Serves one streaming handler as a Function URL with `RESPONSE_STREAM` does: real streaming, events of at most 6 MB, a
 * deadline, and a handler that runs to its end even when its client has left. What Lambda would log about a handler's
 * mistakes goes to `report`.
 * @param options.port 0 picks a free one
 * @throws PortTakenError
 */
export async function serveFunctionUrl(
  handler: StreamingHandler,
  options: {
    port?: number;
    functionName?: string;
    timeoutMs?: number;
    drainMs?: number;
    report?: (message: string, error?: unknown) => void;
  } = {},
): Promise<RunningServer> {
  const { functionName = 'function', timeoutMs = longestTimeoutMs, report = reportToStderr } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, eventBytesMax);
    if (body === 'aborted') return;
    if (body === 'too_large') return refuseLargeEvent(request, response);
    const event = toFunctionEvent(request, body, { key: '$default' });
    if (body.length > bodyBytesThatFit && jsonBytes(event) > eventBytesMax) return refuseLargeEvent(request, response);

    const { requestId } = event.requestContext;
    const reportHere = (message: string, error?: unknown) => report(`${functionName} ${requestId}: ${message}`, error);
    const stream = new ResponseStream(response, reportHere);
    const deadline = setTimeout(() => {
      reportHere(`still running after ${timeoutMs} ms, so Lambda would stop it`);
      stream.fail();
    }, timeoutMs);
    try {
      await handler(event, stream, createContext(functionName, requestId, timeoutMs));
      if (!stream.writableEnded) {
        reportHere('the handler resolved without end(), so Lambda would wait until its timeout');
        stream.fail();
      }
    } catch (error) {
      reportHere('the handler failed', error);
      stream.fail();
    } finally {
      clearTimeout(deadline);
    }
  };
  return serveHttp(answer, options);
}

/** The context of an invocation that starts now. */
export function createContext(functionName: string, requestId: string, timeoutMs: number): LambdaContext {
  const deadlineMs = Date.now() + timeoutMs;
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

export function reportToStderr(message: string, error?: unknown): void {
  if (error === undefined) console.error(message);
  else console.error(message, error);
}

function refuseLargeEvent(request: IncomingMessage, response: ServerResponse): void {
  const message =
    'the request is larger than 6 MB, the most that Lambda accepts; send pictures and files as URLs (request_too_large)';
  const error = { message, type: 'invalid_request_error', param: null, code: 'request_too_large' };
  refuse(request, response, 413, { error });
}

function jsonBytes(event: LambdaFunctionURLEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}
