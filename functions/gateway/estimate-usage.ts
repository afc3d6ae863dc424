import { noUsage, type Usage } from '../core/usage.ts';
import type { TokenEstimate } from '../store/usage.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * What a provider reported, unless it says that nothing was written and something was: then that counts as a part, like
 * what a stream that broke off has reported.
 */
export function reportedUsage({ usage, relayedText }: Exchange): Usage | undefined {
  return usage && usage.outputTokens === 0 && usage.inputTokens > 0 && !relayedText.isEmpty ? undefined : usage;
}

/**
 * Our own count of what went in and what was relayed, for providers that report nothing and for streams that broke off.
 * What such a stream has reported of its input is better than any count, and its output was that much at least.
 */
export function estimateUsage(exchange: Exchange, modelId: string, gateway: Gateway): Usage {
  const { call, relayedText, usageSoFar = exchange.usage } = exchange;
  const count = (text: string) => gateway.countTokens(modelId, text);
  const outputTokens = relayedText.countTokens(count);
  if (usageSoFar) return { ...usageSoFar, outputTokens: Math.max(usageSoFar.outputTokens, outputTokens) };
  const { surface, body } = call;
  const inputTokens = count(surface.promptTexts(body).join('\n')) + surface.promptTokenIds(body);
  return { ...noUsage, inputTokens, outputTokens };
}

/** Characters that are counted exactly: half a second's work at the very worst, usually a few milliseconds. */
const countedCharactersMax = 256 * 1024;

/**
 * Our count beside the provider's, for the record. It is made when the client has its answer, and nothing is charged by
 * it: the rest of a very long text is taken for a token every four bytes.
 */
export function estimateTokens({ call, relayedText }: Exchange, modelId: string, gateway: Gateway): TokenEstimate {
  let isRough = false;
  const count = (text: string) => {
    if (text.length <= countedCharactersMax) return gateway.countTokens(modelId, text);
    isRough = true;
    const rest = Buffer.byteLength(text.slice(countedCharactersMax));
    return gateway.countTokens(modelId, text.slice(0, countedCharactersMax)) + Math.ceil(rest / 4);
  };
  const { surface, body } = call;
  const inputTokens = count(surface.promptTexts(body).join('\n')) + surface.promptTokenIds(body);
  const outputTokens = relayedText.countTokens(count);
  return { inputTokens, outputTokens, isRough: isRough || undefined };
}
