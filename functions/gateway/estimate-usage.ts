import { noUsage, type Usage } from '../core/usage.ts';
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
