import { noUsage } from '../core/usage.ts';
import { type ProviderAnswer, ProviderError } from '../providers/http.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/** An answer longer than this is relayed all the same, but not searched for its usage. */
const readAnswerBytesMax = 32 * 1024 * 1024;

/**
 * Relays a JSON answer and reads it at its end. One that breaks off needs no error: the client holds half a JSON
 * document and cannot take it for a whole one.
 */
export async function* relayJson(answer: ProviderAnswer, exchange: Exchange, gateway: Gateway): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isWhole = true;
  try {
    for await (const chunk of answer.body) {
      exchange.firstContentAtMs ??= gateway.now();
      bytes += chunk.length;
      if (bytes <= readAnswerBytesMax) chunks.push(chunk);
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    isWhole = false;
  }
  exchange.answeredAtMs = gateway.now();
  if (bytes > readAnswerBytesMax) {
    exchange.outcome = isWhole ? 'succeeded' : 'stream_failed';
    exchange.relayedText.addBytes(bytes); // nobody reads its usage, and it is not for nothing
  } else readJson(Buffer.concat(chunks).toString('utf8'), exchange);
}

function readJson(text: string, exchange: Exchange): void {
  const { surface } = exchange.call;
  const answer = parse(text);
  const { usage, text: written, error, finishReason } = surface.readAnswer(answer);
  exchange.usage = usage;
  exchange.finishReason = finishReason;
  if (answer === undefined) {
    exchange.outcome = 'stream_failed';
    if (text === '') exchange.usage = noUsage;
    else if (surface.createStreamReader) exchange.relayedText.add(text); // where nothing is streamed, nothing is written
  } else if (error !== undefined) {
    exchange.outcome = 'failed';
    exchange.usage ??= noUsage; // an error costs what the provider says, if it says anything
  } else {
    exchange.outcome = 'succeeded';
    exchange.relayedText.add(written);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
