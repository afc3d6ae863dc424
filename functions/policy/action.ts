import type { z } from 'zod';
import type { PolicyContext } from './check-providers.ts';
import type { Path, PolicyProblem } from './problems.ts';

/** When the rules of a list run. */
export const phases = ['on_http_request', 'on_http_response', 'on_event_stream_message'] as const;
export type Phase = (typeof phases)[number];

/** A text in a config that is CEL, or holds it in `${…}`. What it may read depends on the phase. */
export interface CelPart {
  /** Below the config. */
  path: Path;
  text: string;
  /** `value` is an expression without `${}`; `retry` one that also reads `attempts` and `last_attempt`. */
  kind: 'template' | 'value' | 'retry';
  /** It may hold a key, so that messages repeat nothing of it. */
  isSecret?: boolean;
}

/** One kind of action: what may be written about it, and where. What it does is in `run/`. */
export interface ActionDefinition<Type extends string = string, Config extends z.ZodType = z.ZodType> {
  type: Type;
  phases: readonly Phase[];
  config: Config;
  /** The CEL in a config; it is compiled when the policy is saved. */
  cel?(config: z.output<Config>): CelPart[];
  /** Finds the mistakes that the schema cannot: between fields, and against the deployment. */
  check?(config: Record<string, unknown>, path: Path, context: PolicyContext): PolicyProblem[];
  /** Whether nothing in the phase runs after an action with this config. */
  endsPhase?(config: z.output<Config>): boolean;
}
