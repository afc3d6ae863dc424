import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
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
    egress.checkHost(call.url.hostname);
  } catch (error) {
    throw toProviderError(error, call);
  }
  try {
    return await send(call, egress);
  } catch (error) {
    if (error instanceof StaleConnection) return send(call, egress);
    throw error;
  }
}

class StaleConnection extends Error {}

function send(call: ProviderCall, egress: Egress): Promise<ProviderAnswer> {
  const isHttps = call.url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const outgoing = (isHttps ? requestHttps : requestHttp)(call.url, {
      method: call.method,
      headers: call.headers,
      agent: isHttps ? egress.https : egress.http,
    });
    let open: ClientRequest | IncomingMessage = outgoing;
    const stop = (failure: ProviderFailure, message: string) => open.destroy(new ProviderError(failure, message));
    const silence = setTimeout(() => stop('timeout', `silent for ${call.timeoutMs} ms`), call.timeoutMs);
    const onDeadline = () => stop('total_timeout', 'the total timeout was reached');
    call.deadline.addEventListener('abort', onDeadline, { once: true });
    outgoing.once('close', () => {
      clearTimeout(silence);
      call.deadline.removeEventListener('abort', onDeadline);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new StaleConnection() : toProviderError(error, call));
    });
    outgoing.once('response', incoming => {
      open = incoming;
      silence.refresh();
      resolve({
        status: incoming.statusCode ?? 0,
        headers: flatten(incoming.headers),
        body: readBody(incoming, silence, call),
        abandon: () => incoming.destroy(),
      });
    });
    if (call.deadline.aborted) onDeadline();
    outgoing.end(call.body);
  });
}

async function* readBody(
  incoming: IncomingMessage,
  silence: NodeJS.Timeout,
  call: ProviderCall,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of incoming) {
      silence.refresh();
      yield chunk as Buffer;
      silence.refresh(); // the time that our own reader took is not the provider's silence
    }
  } catch (error) {
    throw toProviderError(error, call);
  }
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
