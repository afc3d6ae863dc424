import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type Egress, ForbiddenAddress } from './egress.ts';

/** One call of a provider. */
export interface ProviderCall {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
  /** Longest wait for status and headers, and later for the next bytes. */
  timeoutMs: number;
  /** Ends the call whatever it is doing. */
  deadline: AbortSignal;
}

/** Status and headers have arrived; the body follows at the reader's pace. */
export interface ProviderAnswer {
  status: number;
  headers: Record<string, string>;
  /** Throws ProviderError when the provider falls silent or breaks off. */
  body: AsyncIterable<Buffer>;
  /** Gives the call up and closes its connection. */
  abandon(): void;
}

export type ProviderFailure = 'timeout' | 'total_timeout' | 'connection' | 'forbidden_address';

/** A provider could not be reached, or stopped answering. */
export class ProviderError extends Error {
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProviderError';
    this.failure = failure;
  }
}

/**
 * Calls a provider; redirects are not followed.
 * A kept-alive connection that the provider closed in the meantime is replaced once: nothing had been received on it.
 * @throws ProviderError
 */
export async function callProvider(call: ProviderCall, egress: Egress): Promise<ProviderAnswer> {
  try {
    egress.checkUrl(call.url);
  } catch (error) {
    throw toProviderError(error, call);
  }
  try {
    return await send(call, egress);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
  }
  try {
    return await send(call, egress);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    throw new ProviderError('connection', `${call.url.host} closed two connections without an answer`, error);
  }
}

class StaleConnection extends Error {}

function send(call: ProviderCall, egress: Egress): Promise<ProviderAnswer> {
  const isHttps = call.url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    let outgoing: ClientRequest;
    try {
      outgoing = (isHttps ? requestHttps : requestHttp)(call.url, {
        method: call.method,
        headers: { 'accept-encoding': 'identity', ...call.headers },
        agent: isHttps ? egress.https : egress.http,
      });
    } catch (error) {
      return reject(toUnsendable(error, call));
    }
    let open: ClientRequest | IncomingMessage = outgoing;
    const stop = (failure: ProviderFailure, message: string) => open.destroy(new ProviderError(failure, message));
    const silence = new Silence(call.timeoutMs, () => stop('timeout', `silent for ${call.timeoutMs} ms`));
    const onDeadline = () => stop('total_timeout', 'the total timeout was reached');
    call.deadline.addEventListener('abort', onDeadline, { once: true });
    outgoing.once('close', () => {
      silence.stop();
      call.deadline.removeEventListener('abort', onDeadline);
      // Node drops an upgrade that nobody asked for without an error; after an answer this changes nothing.
      reject(new ProviderError('connection', `${call.url.host} closed the connection without an answer`));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new StaleConnection() : toProviderError(error, call));
    });
    outgoing.once('response', incoming => {
      open = incoming;
      silence.restart();
      try {
        const { headers, body } = decode(flatten(incoming.headers), incoming);
        resolve({
          status: incoming.statusCode ?? 0,
          headers,
          body: readBody(body, silence, call),
          abandon: () => incoming.destroy(),
        });
      } catch (error) {
        incoming.destroy();
        reject(error);
      }
    });
    if (call.deadline.aborted) onDeadline();
    outgoing.end(call.body);
  });
}

/**
 * Undoes a compression that was not asked for, which HTTP does not forbid.
 * @throws ProviderError for one that is not known here
 */
function decode(headers: Record<string, string>, incoming: IncomingMessage) {
  const { 'content-encoding': encoding = 'identity', ...rest } = headers;
  if (encoding.toLowerCase() === 'identity') return { headers: rest, body: incoming };
  const decoder = decoders.get(encoding.toLowerCase())?.();
  if (!decoder) throw new ProviderError('connection', `the answer is encoded as "${encoding}", which nobody asked for`);
  const { 'content-length': _length, ...decodedHeaders } = rest;
  return { headers: decodedHeaders, body: pipeline(incoming, decoder, () => {}) }; // its error ends the decoder too
}

const decoders = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

async function* readBody(body: Readable, silence: Silence, call: ProviderCall): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) {
      silence.pause();
      yield chunk as Buffer;
      silence.restart();
    }
  } catch (error) {
    throw toProviderError(error, call);
  }
}

/** Measures how long a provider says nothing. The time that our own reader takes is not the provider's silence. */
class Silence {
  private isPaused = false;
  private readonly timer: NodeJS.Timeout;

  constructor(timeMs: number, onTooLong: () => void) {
    this.timer = setTimeout(() => this.isPaused || onTooLong(), timeMs);
  }

  pause(): void {
    this.isPaused = true;
  }

  restart(): void {
    this.isPaused = false;
    this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** A key or a configured header that cannot stand in HTTP. Node's message names the header and not its value. */
function toUnsendable(error: unknown, call: ProviderCall): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!/^ERR_(INVALID_CHAR|INVALID_HTTP_TOKEN|HTTP_INVALID_HEADER_VALUE)$/.test(code)) return error;
  return new ProviderError('connection', `the request to ${call.url.host} cannot be sent: ${message}`, error);
}

function toProviderError(error: unknown, { url }: ProviderCall): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof ForbiddenAddress) return new ProviderError('forbidden_address', error.message, error);
  const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  return new ProviderError('connection', `connection to ${url.host} failed: ${reason}`, error);
}

function flatten(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}
