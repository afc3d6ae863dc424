import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type ActionDefinition, type Phase, phases } from './action.ts';
import { actionDefinitions } from './actions.ts';
import { ruleFields } from './document.ts';
import { policyLimits } from './limits.ts';

/** Written by `npm run schema`. */
export const schemaFile = new URL('../../docs/ai-gateway.schema.json', import.meta.url);

const phaseDescriptions: Record<Phase, string> = {
  on_http_request: 'Rules for a request before it is answered.',
  on_http_response: 'Rules for an answer before the client gets it.',
  on_event_stream_message: 'Rules for each message of a streamed answer.',
};

/** JSON Schema for a whole policy document as it is written, for editors to complete and check. */
export function generateSchema(): object {
  const rules = Object.fromEntries(phases.map(phase => [phase, rulesOf(phase).optional()]));
  const document = z
    .strictObject(rules)
    .meta({ title: 'Tollgate Traffic Policy', description: 'The traffic_policy of an endpoint.' });
  return z.toJSONSchema(document, { io: 'input', target: 'draft-2020-12' });
}

const definitions: readonly ActionDefinition[] = actionDefinitions;

/** What an action is written as; the same object in every phase that has the action. */
const actionFields = new Map(
  definitions.map(({ type, config }) => [
    type,
    {
      type: z.literal(type).describe('What to do.'),
      config: config.meta({ id: type }).nullish().describe(`The settings of ${type}. Empty: all defaults.`),
    },
  ]),
);

function rulesOf(phase: Phase) {
  const types = definitions.filter(definition => definition.phases.includes(phase)).map(({ type }) => type);
  const actions = types.flatMap(type => actionFields.get(type) ?? []);
  const long = z.strictObject({
    ...ruleFields,
    actions: z
      .array(oneOf(actions.map(fields => z.strictObject(fields))))
      .min(1)
      .max(policyLimits.actionsPerRuleMax)
      .describe('What to do, in this order.'),
  });
  const short = actions.map(fields => z.strictObject({ ...ruleFields, ...fields }));
  const rule = actions.length === 0 ? z.never() : oneOf([long, ...short]);
  return z.array(rule).max(policyLimits.rulesMax).describe(phaseDescriptions[phase]);
}

function oneOf(options: z.ZodType[]): z.ZodType {
  const [first = z.never()] = options;
  return options.length > 1 ? z.union(options) : first;
}

export function formatSchema(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, formatSchema(generateSchema()));
