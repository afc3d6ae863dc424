import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { refuse } from '../config-fields.ts';
import { credentialMistake } from '../credential-mistake.ts';
import { celText } from './header-fields.ts';

/** Nothing of a credential is repeated in a message. */
const credential = celText().superRefine((text, context) => {
  const mistake = text.includes('${') ? undefined : credentialMistake(text);
  if (mistake) refuse(context, 'ERR_NGROK_2204', mistake);
});

const config = z.strictObject({
  credentials: z.array(credential).min(1).max(10).describe('`user:password`; `${…}` parts are CEL.'),
  realm: z
    .string()
    .max(128)
    .regex(/^[\x20-\x7e]*$/, { error: () => 'holds more than printable ASCII characters; remove the others' })
    .default('ngrok')
    .describe('What a browser shows when it asks for the password.'),
  enforce: z.boolean().default(true).describe('`false` checks and tells, and lets requests through.'),
});

/** Lets in who shows a user name and password, as HTTP's basic authentication. */
export const basicAuth = {
  type: 'basic-auth',
  phases: ['on_http_request'],
  config,
  cel: ({ credentials }) =>
    credentials.map((text, index) => ({ path: ['credentials', index], text, kind: 'template', isSecret: true })),
} as const satisfies ActionDefinition<'basic-auth', typeof config>;
