import { isCallable } from '../policy/callable-url.ts';
import { CallFailed, type OutgoingCall } from '../policy/run/policy-run.ts';
import type { Egress } from '../providers/egress.ts';
import { callProvider, ProviderError } from '../providers/http.ts';

/** Answers that policies read are key sets and verdicts; a larger one is a mistake, or an attack on our memory. */
const answerBytesMax = 1_048_576;

/**
 * Calls an address that a policy names: under the egress rules, without following redirects, and within the time for the
 * whole answer.
 * @throws CallFailed, whose message names the host and nothing else of the address
 */
export async function callAddress(
  { url, method, headers, body, timeoutMs }: OutgoingCall,
  egress: Egress,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  if (!isCallable(url)) {
    throw new CallFailed(`${url.host} is not called over ${url.protocol.slice(0, -1)}; use https`);
  }
  if (url.username || url.password) throw new CallFailed(`the URL of ${url.host} holds a user or password`);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const answer = await callProvider({ url, method, headers, body, timeoutMs, deadline: deadline.signal }, egress);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > answerBytesMax) {
        answer.abandon();
        throw new CallFailed(`the answer of ${url.host} is larger than ${answerBytesMax} bytes`);
      }
      chunks.push(chunk);
    }
    return { status: answer.status, headers: answer.headers, body: Buffer.concat(chunks) };
  } catch (cause) {
    if (!(cause instanceof ProviderError)) throw cause;
    const isLate = cause.failure === 'timeout' || cause.failure === 'total_timeout';
    const message = isLate ? `${url.host} did not answer within ${timeoutMs} ms` : cause.message;
    throw new CallFailed(message, { cause });
  } finally {
    clearTimeout(timer);
  }
}
