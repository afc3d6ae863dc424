import { noUsage, type Usage } from '../core/usage.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * Our own count of what went in and what was relayed, for providers that report nothing and for streams that broke off.
 * What such a stream has reported of its input is better than any count, and its output was that much at least.
 */
export function estimateUsage({ call, relayedText, usageSoFar }: Exchange, modelId: string, gateway: Gateway): Usage {
  const count = (text: string) => gateway.countTokens(modelId, text);
  const outputTokens = relayedText.countTokens(count);
  if (usageSoFar) return { ...usageSoFar, outputTokens: Math.max(usageSoFar.outputTokens, outputTokens) };
  const { surface, body } = call;
  const inputTokens = count(surface.promptTexts(body).join('\n')) + surface.promptTokenIds(body);
  return { ...noUsage, inputTokens, outputTokens };
}
