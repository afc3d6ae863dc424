import { outputLimitWithin } from './bounds/plan-bound.ts';
import { limitOutput } from './forwarded-body.ts';
import type { ModelCall } from './model-call.ts';
import type { Plan } from './plan-attempts.ts';

/** A plan that costs no more than the money that is there. */
export interface FittedPlan {
  plan: Plan;
  /** The output limit it was given, when it had none or a higher one. */
  outputLimit: number | undefined;
}

/**
 * Makes a plan cost no more than an amount, by lowering the output limit that the provider gets.
 * @returns undefined when it costs more even with the lowest limit
 */
export function fitPlan(plan: Plan, call: ModelCall, amountNanoUsd: bigint): FittedPlan | undefined {
  const { bound, candidate, forwarded } = plan;
  if (!bound || bound.mostNanoUsd <= amountNanoUsd) return { plan, outputLimit: undefined };
  const outputLimit = outputLimitWithin(bound, amountNanoUsd);
  if (outputLimit === undefined) return undefined;
  const limited = limitOutput(call, forwarded, outputLimit, candidate.provider);
  return { plan: { ...plan, forwarded: limited }, outputLimit };
}
