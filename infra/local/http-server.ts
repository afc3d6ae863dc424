import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that runs. */
export interface RunningServer {
  /** `http://127.0.0.1:8787`, without a slash at the end. */
  url: string;
  /** Stops accepting, waits for running requests as long as the server's `drainMs` allows, then cuts the rest. */
  close(): Promise<void>;
}

/** Another process listens on the port. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} is in use by another process; stop it or choose another port`);
    this.port = port;
  }
}

/** Nobody but this machine may call the local stack. */
const loopback = '127.0.0.1';

/**
 * Longer than clients keep an idle connection, so that it is the client who closes it: a server that closes first
 * can meet a request that is already on its way.
 */
const keepAliveMs = 60_000;

/**
 * Serves HTTP/1.1 on loopback.
 * @param answer must not reject; the server counts it as running until it settles
 * @param options.port 0 picks a free one
 * @throws PortTakenError
 */
export async function serveHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  options: { port?: number; drainMs?: number } = {},
): Promise<RunningServer> {
  const { port = 0, drainMs = 10_000 } = options;
  let running = 0;
  const server = createServer({ noDelay: true, keepAliveTimeout: keepAliveMs }, async (request, response) => {
    running += 1;
    await answer(request, response);
    running -= 1;
  });
  const url = await listen(server, port);
  return { url, close: () => drain(server, () => running, drainMs) };
}

/**
 * Binds a server to loopback.
 * @returns its URL
 * @throws PortTakenError
 */
export async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      reject('code' in error && error.code === 'EADDRINUSE' ? new PortTakenError(port) : error);
    });
    server.listen(port, loopback, resolve);
  });
  return `http://${loopback}:${(server.address() as AddressInfo).port}`;
}

/** A request may outlive its connection, and a connection its last request: both are waited for. */
async function drain(server: Server, running: () => number, drainMs: number): Promise<void> {
  let isOpen = true;
  const closed = new Promise<void>(resolve => {
    server.close(() => {
      isOpen = false;
      resolve();
    });
  });
  const deadline = Date.now() + drainMs;
  while ((isOpen || running() > 0) && Date.now() < deadline) {
    server.closeIdleConnections();
    await Promise.race([running() > 0 ? pause() : closed, pause()]);
  }
  server.closeAllConnections();
  await closed;
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 10));
}
