import { GatewayError } from '../../core/errors.ts';
import type { ActionType } from '../actions.ts';
import type { CompiledRule, RunAction } from './compile-rules.ts';
import type { PolicyAnswer, PolicyRun } from './policy-run.ts';

/** What a rule would do to a request. */
export interface DryRule {
  /** Its name, or its place in the policy. */
  rule: string;
  applies: boolean;
  actions: { type: ActionType; what: string }[];
  /** Why it would refuse the request. */
  error?: GatewayError;
}

/** Actions that count, or ask someone else; a dry run leaves them out. */
const withEffects: ReadonlySet<ActionType> = new Set([
  'rate-limit',
  'circuit-breaker',
  'http-request',
  'jwt-validation',
]);

/**
 * Runs the rules for requests without their effects, up to the one that answers.
 * @param run its services call no model
 */
export async function dryRun(
  rules: readonly CompiledRule<RunAction>[],
  run: PolicyRun,
): Promise<{ rules: DryRule[]; answeredBy?: ActionType }> {
  const dry: DryRule[] = [];
  for (const rule of rules) {
    const told: DryRule = { rule: rule.label, applies: false, actions: [] };
    dry.push(told);
    try {
      told.applies = rule.holds(run);
      for (const { type, run: act } of told.applies ? rule.actions : []) {
        if (withEffects.has(type)) {
          told.actions.push({ type, what: 'left out: it counts or asks others; taken to let the request pass' });
          continue;
        }
        const answer: PolicyAnswer | undefined = await act(run);
        told.actions.push({ type, what: answer ? `answers with status ${answer.status}` : 'goes on' });
        if (answer) return { rules: dry, answeredBy: type };
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      told.error = error;
      return { rules: dry };
    }
  }
  return { rules: dry };
}
