import { z } from 'zod';
import { parseDurationMs } from '../core/clock.ts';
import { templateMistake } from './check-expressions.ts';
import { policyLimits } from './limits.ts';
import { type PolicyProblemCode, show } from './problems.ts';
import type { JsonValue } from './read-document.ts';

/** Adds a mistake with a code of the product. */
export function refuse(
  context: Pick<z.RefinementCtx, 'addIssue'>,
  code: PolicyProblemCode,
  message: string,
  path: PropertyKey[] = [],
): void {
  context.addIssue({ code: 'custom', message, path, params: { code } });
}

export function text(lengthMax: number) {
  return z.string().min(1, { abort: true }).max(lengthMax, { abort: true });
}

/** The name of a provider. It is what clients write before the colon of `provider:model`. */
export const providerName = text(policyLimits.nameLengthMax).regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
  error: ({ input }) =>
    `${show(input)} cannot be a provider's name; use letters, digits, ".", "_" and "-", and begin with a letter or digit`,
});

/** The name of a model, an author, a feature or a parameter. Colons and slashes are part of many. */
export const name = text(policyLimits.nameLengthMax)
  .regex(/^\S(.*\S)?$/, { abort: true, error: ({ input }) => `${show(input)} ${nameRemedy}` })
  .refine(written => !/\p{Cc}/u.test(written), { error: ({ input }) => `${show(input)} ${nameRemedy}` });

const nameRemedy = 'cannot be a name; remove control characters and the spaces around it';

/** A duration such as `90s` or `1m30s`, as milliseconds. */
export const timeout = z
  .string({
    error: ({ input }) => (input == null ? undefined : `${show(input)} is not a duration; ${durationRemedy}`),
  })
  .meta({ pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' })
  .transform((written, context) => {
    const ms = written.length > 32 ? undefined : parseDurationMs(written);
    if (ms === undefined) {
      refuse(context, 'ERR_NGROK_2204', `${show(written)} is not a duration; ${durationRemedy}`);
    } else if (ms < 1) {
      refuse(context, 'ERR_NGROK_2215', `${show(written)} leaves no time; write at least "1ms"`);
    } else if (ms > policyLimits.timeoutMaxMs) {
      const reason =
        'the gateway runs as a function, which ends after 15m, and keeps the last 30s to settle what an answer cost';
      refuse(context, 'ERR_NGROK_2215', `${show(written)} is too long; write at most "14m30s": ${reason}`);
    }
    return Math.round(ms ?? 0);
  });

const durationRemedy = 'write a number and a unit, such as "30s", "2m" or "1m30s"';

export const tokenLimit = z.int().min(1).max(policyLimits.tokenLimitMax);
export const modelTokens = z.int().min(1).max(policyLimits.modelTokensMax);

/** Anything that JSON can say. */
export const json = z.unknown() as z.ZodType<JsonValue>;

/** A value that is sent as a header or in a URL; `${…}` parts are CEL. */
export function templateValue({ isHeader, isSecret }: { isHeader: boolean; isSecret: boolean }) {
  return z
    .string()
    .max(policyLimits.valueLengthMax, { abort: true })
    .superRefine((value, context) => {
      if (/\p{Cc}/u.test(value)) {
        const remedy = 'write it in one line, without them';
        refuse(context, 'ERR_NGROK_2204', `holds a line break or another control character; ${remedy}`);
      } else if (isHeader && !isLatin1(value)) {
        refuse(
          context,
          'ERR_NGROK_2204',
          'is sent as a header, which holds only Latin-1 characters; remove the others',
        );
      }
      const mistake = templateMistake(value, isSecret);
      if (mistake) refuse(context, mistake.code, mistake.message);
    });
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-field-values */
function isLatin1(value: string): boolean {
  return /^[^\u0100-\uffff]*$/.test(value);
}

/** A bound on the entries of a map. */
export function atMost(entriesMax: number) {
  return (map: object, context: Pick<z.RefinementCtx, 'addIssue'>) => {
    const entries = Object.keys(map).length;
    if (entries > entriesMax) {
      refuse(context, 'ERR_NGROK_2218', `has ${entries} entries; ${entriesMax} is the most`);
    }
  };
}

/** Headers that belong to the connection or to the body, which the gateway makes itself. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const headerNamePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const headerName = text(policyLimits.nameLengthMax)
  .regex(headerNamePattern, {
    abort: true,
    error: ({ input }) => `${show(input)} cannot be a header's name; use letters, digits and "-"`,
  })
  .superRefine((header, context) => {
    if (ownHeaders.has(header.toLowerCase())) {
      refuse(context, 'ERR_NGROK_2222', `${show(header)} is a header that the gateway sets itself; remove it`);
    }
  });

/** Fields of the request that decide where it goes and how the answer comes back. */
export const ownBodyFields = ['model', 'models', 'stream'] as const;

export const bodyFields = z
  .record(z.string(), json)
  .meta({ propertyNames: { pattern: `^(?!(${ownBodyFields.join('|')})$)` } })
  .superRefine((body, context) => {
    for (const field of ownBodyFields.filter(field => Object.hasOwn(body, field))) {
      const remedy =
        field === 'stream'
          ? 'remove it: the client reads either a stream or JSON, and asks for the one it reads'
          : 'remove it: models are chosen by the client and by model_selection, and the price of a call follows from the choice';
      refuse(context, 'ERR_NGROK_2222', `"${field}" cannot be set here; ${remedy}`, [field]);
    }
    checkTemplates(body, [], context);
  });

function checkTemplates(value: JsonValue, path: PropertyKey[], context: Pick<z.RefinementCtx, 'addIssue'>): void {
  if (typeof value === 'string') {
    const mistake = templateMistake(value, false);
    if (mistake) refuse(context, mistake.code, mistake.message, path);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkTemplates(item, [...path, index], context);
    });
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) checkTemplates(item, [...path, key], context);
  }
}
