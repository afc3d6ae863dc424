import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { isCallable } from '../callable-url.ts';
import { refuse } from '../config-fields.ts';
import { policyLimits } from '../limits.ts';
import { duration } from './duration-field.ts';
import { celHeaders, celText, headerTemplates } from './header-fields.ts';

const url = celText(policyLimits.urlLengthMax).superRefine((text, context) => {
  const remedy = 'write one such as "https://auth.example.com/check"';
  // Expressions may give any part, so that only the beginning of what is written can be checked.
  if (text.includes('${')) {
    if (text.startsWith('${') || /^https?:\/\//i.test(text)) return;
    refuse(context, 'ERR_NGROK_2204', `does not begin with https://; ${remedy}`);
  } else if (!URL.canParse(text)) refuse(context, 'ERR_NGROK_2204', `is not a URL; ${remedy}`);
  else if (!isCallable(new URL(text))) {
    refuse(context, 'ERR_NGROK_2204', 'is not allowed; use https (http only for hosts that end in .internal)');
  }
});

const queryParameter = z.strictObject({
  key: z.string().min(1).max(128).describe('Name of the parameter.'),
  value: celText(8_192).describe('`${…}` parts are CEL.'),
});

const config = z.strictObject({
  url: url.describe('Whom to ask; `${…}` parts are CEL.'),
  method: z
    .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .default('GET')
    .describe('Method of the request.'),
  query_params: z.array(queryParameter).max(policyLimits.queryParametersMax).default([]).describe('Added to the URL.'),
  headers: celHeaders.default({}).describe('Headers of the request.'),
  body: celText(65_536).optional().describe('`${…}` parts are CEL; an object alone becomes JSON.'),
  max_redirects: z.int().min(0).max(100).default(10).describe('How many redirects are followed.'),
  timeout: duration({ least: '1s', most: '30s' })
    .prefault('3s')
    .describe('For all of it, redirects and further tries included.'),
  retry_condition: z
    .string()
    .min(1)
    .max(policyLimits.expressionLengthMax)
    .optional()
    .describe(
      'CEL; while it holds, the request is tried again, three times in all. It reads attempts and last_attempt.',
    ),
  on_error: z
    .enum(['continue', 'halt'])
    .default('continue')
    .describe('What becomes of the request when no answer comes, or one of 400 or more.'),
});

/** Asks another service, and lets the rules that follow read its answer. */
export const httpRequest = {
  type: 'http-request',
  phases: ['on_http_request', 'on_http_response'],
  config,
  cel: ({ url, query_params, headers, body, retry_condition }) => [
    { path: ['url'], text: url, kind: 'template' },
    ...query_params.map(
      ({ value }, index) => ({ path: ['query_params', index, 'value'], text: value, kind: 'template' }) as const,
    ),
    ...headerTemplates(headers),
    ...(body === undefined ? [] : [{ path: ['body'], text: body, kind: 'template' } as const]),
    ...(retry_condition === undefined
      ? []
      : [{ path: ['retry_condition'], text: retry_condition, kind: 'retry' } as const]),
  ],
} as const satisfies ActionDefinition<'http-request', typeof config>;
