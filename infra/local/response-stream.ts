import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';

/** What `HttpResponseStream.from` takes: how the answer begins. */
export interface Prelude {
  statusCode?: number;
  headers?: Record<string, string | number | boolean>;
  cookies?: string[];
}

/** Lambda streams in chunks, so a length would be the function's guess; the rest is between server and client. */
const notForwarded = new Set(['connection', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade']);

type Written = (error?: Error | null) => void;

/**
 * The stream that a streaming handler writes to, with the manners of Lambda's own:
 * nothing leaves before the first `write`, and with it status and headers; `end` alone sends neither; a client that has
 * left is not reported, what is written then goes nowhere.
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/stream/response-stream.ts
 */
export class ResponseStream extends Writable {
  readonly #response: ServerResponse;
  readonly #report: (message: string, error?: unknown) => void;
  #prelude: Prelude | undefined;
  #contentType = 'application/octet-stream';
  #isWriteCalled = false;
  #isCut = false;
  #waiting: Written | undefined;

  constructor(response: ServerResponse, report: (message: string, error?: unknown) => void) {
    super({ decodeStrings: false });
    this.#response = response;
    this.#report = report;
    response.once('close', () => {
      this.#isCut = true;
      this.#onWritten();
    });
    this.on('error', error => report('the response stream failed', error));
  }

  /** The content type of a stream without a prelude. */
  setContentType(contentType: string): void {
    if (this.#isWriteCalled) throw new Error('Cannot set content-type, too late.');
    this.#contentType = contentType;
  }

  setPrelude(prelude: Prelude): void {
    this.#prelude = prelude;
  }

  /** Ends the answer as a failed function's: 502 when nothing has been sent, else a body without its end. */
  fail(): void {
    if (this.#isCut || this.#response.writableEnded) return;
    this.#isCut = true;
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502, { 'content-type': 'text/plain' }).end('Internal Server Error');
    this.#onWritten();
  }

  override write(chunk: unknown, encoding?: BufferEncoding | Written, callback?: Written): boolean {
    this.#isWriteCalled = true;
    return super.write(chunk, encoding as BufferEncoding, callback);
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, callback: Written): void {
    this.#setHead();
    this.#waiting = callback;
    if (!this.#isCut) {
      this.#gatherWrites();
      if (chunk.length === 0) this.#response.flushHeaders();
      else if (!this.#response.write(chunk, encoding)) {
        this.#response.once('drain', this.#onWritten);
        return;
      }
    }
    this.#onWritten();
  }

  override _final(callback: Written): void {
    this.#setHead();
    this.#waiting = callback;
    if (this.#isCut) this.#onWritten();
    else this.#response.end(this.#onWritten);
  }

  /** A handler that destroys its stream leaves its client with a cut answer. */
  override _destroy(error: Error | null, callback: Written): void {
    if (!this.writableFinished) this.fail();
    callback(error);
  }

  /**
   * What is written until the event loop's turn ends leaves in one system call, the end of the answer with it. On a
   * loaded machine every call costs as much as the rest of a small answer.
   */
  #gatherWrites(): void {
    const { socket } = this.#response;
    if (!socket || socket.writableCorked > 0) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  }

  /** Status and headers, once; Node sends them with the first bytes of the body. */
  #setHead(): void {
    if (this.#isCut || this.#response.headersSent) return;
    if (this.#prelude && !this.#isWriteCalled) {
      this.#report(
        'end() came before any write(), so Lambda would lose status and headers; call write("") before end()',
      );
      this.fail();
      return;
    }
    try {
      const prelude = this.#prelude ?? { headers: { 'content-type': this.#contentType } };
      this.#response.writeHead(prelude.statusCode ?? 200, toResponseHeaders(prelude));
    } catch (error) {
      this.#report('the status, headers or cookies cannot be sent', error);
      this.fail();
    }
  }

  /** A field, not a method, so that no write needs a closure of its own. */
  readonly #onWritten = (): void => {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  };
}

/** `awslambda.HttpResponseStream`. */
export const HttpResponseStream = {
  from(stream: Writable, prelude: Prelude): Writable {
    if (!(stream instanceof ResponseStream)) throw new TypeError('from() takes the stream that the handler was given');
    stream.setPrelude(prelude);
    return stream;
  },
};

/** Headers and cookies of a function's answer, as `node:http` takes them. */
export function toResponseHeaders({ headers = {}, cookies = [] }: Prelude): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    const lowerCaseName = name.toLowerCase();
    if (!notForwarded.has(lowerCaseName)) result[lowerCaseName] = String(value);
  }
  if (cookies.length > 0) result['set-cookie'] = cookies;
  return result;
}
