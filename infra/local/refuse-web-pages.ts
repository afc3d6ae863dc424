import type { IncomingMessage, ServerResponse } from 'node:http';

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * Refuses what only a web page sends, so that no page in this machine's browser reads or changes the stores: requests
 * with an `Origin`, and requests for a name that merely resolves to loopback.
 * @returns whether the request was refused and answered
 */
export function refuseWebPages(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin, host = '' } = request.headers;
  if (origin === undefined && loopbackHost.test(host)) return false;
  request.resume();
  response.writeHead(403, { 'content-type': 'application/json' });
  response.end('{"__type":"AccessDeniedException","message":"web pages cannot use the local stores"}');
  return true;
}
