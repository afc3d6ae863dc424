import type { Writable } from 'node:stream';
import type { ResponseStreams } from '../../functions/gateway/function-url.ts';

declare const awslambda: {
  streamifyResponse<Handler>(handler: Handler): Handler;
  HttpResponseStream: ResponseStreams;
};

/** The least that a streaming function can do. */
export const handler = awslambda.streamifyResponse(async (_event: unknown, stream: Writable) => {
  const headers = { 'content-type': 'application/json' };
  const answer = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers });
  answer.write('{}');
  answer.end();
});
