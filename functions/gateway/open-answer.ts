import { type ProviderAnswer, ProviderError } from '../providers/http.ts';
import type { Surface } from '../providers/surface.ts';
import { AnswerStream } from './answer-stream.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { keepAlive } from './keep-alive.ts';
import { relayJson } from './relay-json.ts';
import { UnusableAnswer } from './unusable-answer.ts';

/** An answer the gateway has committed to. */
export interface OpenedAnswer {
  status: number;
  headers: Record<string, string>;
  /**
   * Bytes for the client. Reading it to the end also reads the answer's usage into the exchange. Throws AnswerCut where
   * the bytes themselves cannot tell that they are not all.
   */
  body: AsyncIterable<string | Buffer>;
}

/** An answer ended early that has no place for an error: its client is to be cut off as well. */
export class AnswerCut extends Error {
  override readonly name = 'AnswerCut';
}

/**
 * Waits until an answer can no longer turn out to be none: for a stream, its first content; for JSON, its headers.
 * @throws UnusableAnswer or ProviderError while failing over is still possible
 */
export async function openAnswer(answer: ProviderAnswer, exchange: Exchange, gateway: Gateway): Promise<OpenedAnswer> {
  const { surface, streaming } = exchange.call;
  const { status, headers } = answer;
  const kind = answerKind(headers);
  if (surface.requires !== undefined) checkExpected(kind, headers, surface, streaming);
  const reader = kind === 'stream' ? surface.createStreamReader?.() : undefined;
  if (reader) {
    const stream = new AnswerStream(answer, reader, exchange, gateway);
    await stream.readUntilContent();
    return { status, headers, body: keepAlive(stream.relay()) };
  }
  const relay = kind === 'json' ? relayJson : relayBytes;
  return { status, headers, body: relay(answer, exchange, gateway) };
}

type AnswerKind = 'json' | 'stream' | 'other';

function answerKind(headers: Record<string, string>): AnswerKind {
  const type = contentType(headers);
  if (type === 'text/event-stream') return 'stream';
  return type === 'application/json' || type.endsWith('+json') ? 'json' : 'other';
}

/** Without parameters such as `charset`. */
function contentType(headers: Record<string, string>): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** @throws UnusableAnswer for an answer that is not what this request gets where it is answered rightly */
function checkExpected(kind: AnswerKind, headers: Record<string, string>, surface: Surface, streaming: boolean): void {
  const expected: AnswerKind = streaming && surface.createStreamReader ? 'stream' : 'json';
  if (kind !== expected) {
    const wanted = expected === 'json' ? 'JSON' : 'an event stream';
    throw new UnusableAnswer(`the answer has content type "${contentType(headers)}" where ${wanted} was expected`);
  }
  if (headers['content-length'] === '0') throw new UnusableAnswer('the answer is empty');
}

/** Pictures, speech and whatever else a path that we do not know answers. */
async function* relayBytes(answer: ProviderAnswer, exchange: Exchange, gateway: Gateway): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer.body) {
      exchange.firstContentAtMs ??= gateway.now();
      yield chunk;
    }
    exchange.outcome = 'succeeded';
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    exchange.outcome = 'stream_failed';
    throw new AnswerCut(error.message, { cause: error });
  } finally {
    exchange.answeredAtMs = gateway.now();
  }
}
