import type { Writable } from 'node:stream';
import type { Context, LambdaFunctionURLEvent } from 'aws-lambda';
import { answerRequest } from './answer-request.ts';
import type { Gateway, GatewayRequest } from './gateway.ts';
import { AnswerCut } from './open-answer.ts';

/** Lambda's own way to send status and headers before a streamed body. */
export interface ResponseStreams {
  from(stream: Writable, prelude: { statusCode: number; headers: Record<string, string> }): Writable;
}

/**
 * Puts the gateway behind a Function URL with response streaming. The stream is ended exactly once and before the
 * bookkeeping, so that the client does not wait for it; Lambda waits for the returned promise. Only an answer that was cut
 * without a way to say so is not ended: the function fails instead, which cuts the client's connection too.
 */
export function toFunctionUrlHandler(gateway: Gateway, responseStreams: ResponseStreams) {
  return async (event: LambdaFunctionURLEvent, responseStream: Writable, context?: Context): Promise<void> => {
    const response = await answerRequest(toGatewayRequest(event, context), gateway);
    const { status, headers } = response;
    const stream = responseStreams.from(responseStream, { statusCode: status, headers });
    let isEmpty = true;
    let cut: AnswerCut | undefined;
    const patience = startPatience(context);
    try {
      for await (const chunk of response.body) {
        isEmpty = false;
        await write(stream, chunk, patience.signal);
      }
    } catch (error) {
      if (error instanceof AnswerCut) cut = error;
      else gateway.report(`the answer to ${headers['ngrok-aig-request-id']} broke off`, error);
    } finally {
      if (isEmpty) stream.write(''); // without a write, Lambda would lose status and headers
      patience.stop();
      if (!cut) stream.end();
    }
    await response.finish();
    if (cut) throw cut;
  };
}

function toGatewayRequest(event: LambdaFunctionURLEvent, context: Context | undefined): GatewayRequest {
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: event.rawQueryString,
    headers: event.cookies?.length ? { ...event.headers, cookie: event.cookies.join('; ') } : event.headers,
    clientIp: event.requestContext.http.sourceIp,
    httpVersion: event.requestContext.http.protocol,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    timeLeftMs: context?.getRemainingTimeInMillis() ?? Number.MAX_SAFE_INTEGER,
  };
}

/** A client that has left is no reason to stop: the answer is read to its end and paid for. */
async function write(stream: Writable, chunk: string | Buffer, patience: AbortSignal): Promise<void> {
  if (patience.aborted || stream.destroyed || stream.write(chunk)) return;
  await new Promise<void>(resolve => {
    const onReady = () => {
      stream.off('drain', onReady).off('close', onReady);
      patience.removeEventListener('abort', onReady);
      resolve();
    };
    stream.on('drain', onReady).on('close', onReady);
    patience.addEventListener('abort', onReady, { once: true });
  });
}

/** Before Lambda stops us: what is left by then is for the bookkeeping, however slowly the client reads. */
const bookkeepingMs = 15_000;
const longestMs = 900_000;

function startPatience(context: Context | undefined): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timeMs = Math.min(context?.getRemainingTimeInMillis() ?? longestMs, longestMs) - bookkeepingMs;
  const timer = setTimeout(() => controller.abort(), Math.max(0, timeMs));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
