import { classifyCredential } from '../core/credential.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Inspection, replayHeader } from '../store/inspections.ts';

/** API Gateway waits 30 seconds for us. An answer that takes longer goes on without anybody waiting. */
const answerMs = 20_000;

/** Of the connection that a request came over, or made anew by the one that it is sent over. */
const connectionHeaders =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-length|accept-encoding|x-forwarded-.*|x-amzn-.*|x-amz-.*|forwarded|via)$/;

/** What `fetch` refuses. @see https://fetch.spec.whatwg.org/#methods and #dom-request */
const neverSent = /^(CONNECT|TRACE|TRACK)$/i;
const bodiless = /^(GET|HEAD)$/i;

const credentialHeaders = ['authorization', 'x-api-key'];

/**
 * Sends a kept request to the gateway again.
 * @param gatewayKey what stands in place of the credential that the request came with, which is not kept
 * @returns the id and the status of the new request; neither when it takes longer than we can wait
 * @throws ManagementError unusable_request when what was kept is not the whole request, or has other credentials masked
 */
export async function replay(
  inspection: Inspection,
  slug: string,
  gatewayKey: string | undefined,
  gatewayUrl: string,
): Promise<{ requestId?: string | undefined; status?: number }> {
  const headers = { ...replayedHeaders(inspection, gatewayKey), [replayHeader]: inspection.requestId };
  const { method, path, request } = inspection;
  const query = request.query === '' ? '' : `?${request.query}`;
  const url = new URL(`/e/${slug}${path.replace(/^\/e\/[^/]+/, '')}${query}`, gatewayUrl);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), answerMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: abort.signal,
      ...(request.body !== '' && { body: request.body }),
    });
    await response.body?.cancel(); // the gateway reads what it asked for to its end, whoever listens
    return { requestId: response.headers.get('ngrok-aig-request-id') ?? undefined, status: response.status };
  } catch (cause) {
    if (abort.signal.aborted) return {};
    throw new ManagementError('service_unavailable', 'The gateway could not be reached; try again', {
      retryAfterSeconds: 1,
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

function replayedHeaders({ method, request, gatewayKeyId }: Inspection, gatewayKey: string | undefined) {
  if (neverSent.test(method)) throw unusable(`nobody here can send a ${method}`);
  if (bodiless.test(method) && request.body !== '') throw unusable(`nobody here can send a ${method} with a body`);
  if (request.cut.length > 0) throw unusable(`its ${list(request.cut)} was too long to be kept whole`);
  if (gatewayKey !== undefined && classifyCredential(gatewayKey) !== 'gateway_key') {
    throw unusable('"gateway_key" is not an AI Gateway API key (ng-…-g1-…)');
  }
  if (gatewayKey === undefined && gatewayKeyId !== undefined) {
    throw unusable('the key it came with is not kept; give a key of its endpoint as "gateway_key"');
  }
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !connectionHeaders.test(name)));
  const carriers = credentialHeaders.filter(name => headers[name] !== undefined);
  const replaced = gatewayKey === undefined ? [] : carriers.map(name => `headers.${name}`);
  const lost = request.masked.filter(place => !replaced.includes(place));
  if (lost.length > 0)
    throw unusable(`a credential in its ${list(lost)} is masked, and only a gateway key can be given`);
  if (gatewayKey === undefined) return headers;
  if (carriers.length > 1 || headers.authorization?.startsWith('Basic')) {
    throw unusable('it came with another credential besides a gateway key, which is masked');
  }
  const name = carriers[0] ?? 'authorization';
  return { ...headers, [name]: name === 'authorization' ? `Bearer ${gatewayKey}` : gatewayKey };
}

function list(places: readonly string[]): string {
  return places.join(', ');
}

function unusable(why: string): ManagementError {
  return new ManagementError('unusable_request', `The request cannot be sent again: ${why}`);
}
