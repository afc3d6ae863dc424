import { CallFailed, type OutgoingCall, type PolicyServices } from './policy-run.ts';

/** Headers that mean the same to any origin. What else a policy sets may be a credential. */
const harmlessHeaders: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type']);

export interface CallAnswer {
  url: URL;
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Calls an address and follows its redirects, each under the egress rules. Another origin gets neither the headers that
 * the policy sets nor its body.
 * @param timeLeftMs for the next call
 * @throws CallFailed
 */
export async function callFollowing(
  first: Omit<OutgoingCall, 'timeoutMs'>,
  redirectsMax: number,
  timeLeftMs: () => number,
  services: Pick<PolicyServices, 'call'>,
): Promise<CallAnswer> {
  let call = first;
  for (let redirects = 0; ; redirects++) {
    const timeoutMs = timeLeftMs();
    if (timeoutMs <= 0) throw new CallFailed(`no time is left to call ${call.url.host}`);
    const answer = await services.call({ ...call, timeoutMs });
    const { location } = answer.headers;
    if (!isRedirect(answer.status) || location === undefined) return { ...answer, url: call.url };
    if (redirects >= redirectsMax) throw new CallFailed(`${call.url.host} redirects more than ${redirectsMax} times`);
    if (!URL.canParse(location, call.url.href)) throw new CallFailed(`${call.url.host} redirects to what is no URL`);
    call = redirected(call, answer.status, new URL(location, call.url));
  }
}

type Call = Omit<OutgoingCall, 'timeoutMs'>;

/** @see https://fetch.spec.whatwg.org/#http-redirect-fetch */
function redirected(call: Call, status: number, url: URL): Call {
  const becomesGet = status === 303 || (call.method === 'POST' && (status === 301 || status === 302));
  const method = becomesGet ? 'GET' : call.method;
  const body = becomesGet ? undefined : call.body;
  if (url.origin === call.url.origin) return { url, method, headers: call.headers, body };
  if (body !== undefined) {
    throw new CallFailed(`${call.url.host} redirects a body to ${url.host}, which the policy does not name`);
  }
  const headers = Object.entries(call.headers).filter(([name]) => harmlessHeaders.has(name));
  return { url, method, headers: Object.fromEntries(headers), body };
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}
