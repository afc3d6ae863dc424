import type { z } from 'zod';
import type { ActionDefinition } from './action.ts';
import { aiGateway } from './actions/ai-gateway.ts';
import type { Path } from './problems.ts';

/** Every action that a policy may have. */
export const actionDefinitions = [aiGateway] as const;

/** An action of a rule, checked: its config as the action reads it, and where it is in the document. */
export type PolicyAction = ActionOf<(typeof actionDefinitions)[number]>;

type ActionOf<Definition> =
  Definition extends ActionDefinition<infer Type, infer Config>
    ? { type: Type; path: Path; config: z.output<Config> }
    : never;

const definitionsByType = new Map<string, ActionDefinition>(
  actionDefinitions.map(definition => [definition.type, definition]),
);

export function actionDefinition(type: string): ActionDefinition | undefined {
  return definitionsByType.get(type);
}

export const actionTypes: readonly string[] = [...definitionsByType.keys()];
