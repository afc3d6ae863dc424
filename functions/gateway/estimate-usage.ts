import { noUsage, type Usage } from '../core/usage.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/** Members of a request body that hold the prompt, on every surface. */
const promptMembers = ['messages', 'prompt', 'input', 'instructions', 'system', 'tools'];

/** Our own count of what went in and what was relayed, for providers that report nothing. */
export function estimateUsage({ call, relayedText }: Exchange, modelId: string, gateway: Gateway): Usage {
  const prompt = promptMembers.flatMap(member => textsIn(call.body[member])).join('\n');
  return {
    ...noUsage,
    inputTokens: gateway.countTokens(modelId, prompt),
    outputTokens: gateway.countTokens(modelId, relayedText.join('')),
  };
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
