import type { Egress } from '../../providers/egress.ts';
import { callProvider, ProviderError } from '../../providers/http.ts';
import { DeliveryError, sendTimeoutMs } from './target.ts';

/** What is read of an answer, so that its connection can be used again. */
const answerBytesMax = 65_536;

/**
 * Posts JSON. Redirects are not followed, and addresses that the deployment does not call are refused.
 * @throws DeliveryError unless the answer is 2xx
 */
export async function postJson(
  url: URL,
  headers: Record<string, string>,
  body: string,
  { egress, timeoutMs = sendTimeoutMs }: { egress: Egress; timeoutMs?: number },
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await callProvider(
      {
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'tollgate-events', ...headers },
        body,
        timeoutMs,
        deadline,
      },
      egress,
    );
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > answerBytesMax) break;
    }
    answer.abandon(); // nothing is left of an answer that has ended
    if (answer.status < 200 || answer.status > 299) {
      throw new DeliveryError(`${url.host} answered ${answer.status}`, answer.status);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.failure === 'total_timeout' || error.failure === 'timeout') {
      throw new DeliveryError(`${url.host} did not answer within ${timeoutMs} ms`, 0, error);
    }
    throw new DeliveryError(error.message, 0, error);
  }
}
