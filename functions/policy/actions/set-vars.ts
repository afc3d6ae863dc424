import { z } from 'zod';
import type { ActionDefinition, CelPart } from '../action.ts';
import { json, refuse, text } from '../config-fields.ts';
import { policyLimits } from '../limits.ts';
import type { Path } from '../problems.ts';
import type { JsonValue } from '../read-document.ts';

const variable = z.record(text(policyLimits.nameLengthMax).regex(/^[A-Za-z_][A-Za-z0-9_]*$/), json);

const config = z.strictObject({
  vars: z
    .array(
      variable.superRefine((entry, context) => {
        const count = Object.keys(entry).length;
        if (count !== 1) refuse(context, 'ERR_NGROK_2204', `an entry sets one variable, and this one sets ${count}`);
      }),
    )
    .min(1)
    .max(64)
    .describe('Maps of one name and its value; later entries may read earlier ones. `${…}` alone keeps its type.'),
});

/** Gives names to values, for the rules that follow in the same phase: `vars.<name>`. */
export const setVars = {
  type: 'set-vars',
  phases: ['on_http_request', 'on_http_response'],
  config,
  cel: ({ vars }) => vars.flatMap((entry, index) => textsIn(entry, ['vars', index])),
} as const satisfies ActionDefinition<'set-vars', typeof config>;

/** Every text anywhere inside a value; all of them are templates. */
export function textsIn(value: JsonValue | Record<string, JsonValue>, path: Path): CelPart[] {
  if (typeof value === 'string') return [{ path, text: value, kind: 'template' }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}
