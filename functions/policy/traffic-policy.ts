import type { Phase } from './action.ts';
import type { PolicyAction } from './actions.ts';
import type { AiGatewayConfig } from './ai-gateway-config.ts';

/** A policy as the gateway runs it, stored as JSON beside the text it came from: only a call of models, or rules. */
export type TrafficPolicy = { aiGateway: AiGatewayConfig } | { rules: StoredRule[] };

export interface StoredRule {
  phase: Phase;
  name: string | undefined;
  expressions: string[];
  actions: PolicyAction[];
}

/** Every `ai-gateway` action of a policy, in order. */
export function aiGatewaysOf(policy: TrafficPolicy): AiGatewayConfig[] {
  if ('aiGateway' in policy) return [policy.aiGateway];
  const actions = policy.rules.flatMap(rule => rule.actions);
  return actions.flatMap(action => (action.type === 'ai-gateway' ? [action.config] : []));
}
