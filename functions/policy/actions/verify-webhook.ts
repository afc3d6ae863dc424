import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { headerName, refuse } from '../config-fields.ts';
import { listed, show } from '../problems.ts';
import { duration } from './duration-field.ts';
import { celText } from './header-fields.ts';
import { webhookProviders } from './webhook-providers.ts';

/** Only `generic_hmac` leaves these open. */
const ownFields = ['header', 'algorithm', 'encoding', 'prefix', 'timestamp_header', 'tolerance'] as const;

const config = z
  .strictObject({
    provider: z
      .enum(webhookProviders, {
        error: ({ input }) =>
          input === undefined
            ? undefined
            : `${show(input)} is not supported; use ${listed(webhookProviders)}, where the last one is for any provider that signs the body with HMAC`,
      })
      .describe('Who signs.'),
    secret: celText().min(1).describe('What the provider signs with; `${…}` parts are CEL.'),
    enforce: z.boolean().default(true).describe('`false` checks and tells, and lets requests through.'),
    header: headerName.optional().describe('`generic_hmac`: the header that holds the signature.'),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).optional().describe('`generic_hmac`: `sha256` by default.'),
    encoding: z.enum(['hex', 'base64']).optional().describe('`generic_hmac`: of the signature, `hex` by default.'),
    prefix: z.string().max(64).optional().describe('`generic_hmac`: what stands before it, such as `sha256=`.'),
    timestamp_header: headerName
      .optional()
      .describe('`generic_hmac`: header with seconds since 1970; `<timestamp>.<body>` is what is signed then.'),
    tolerance: duration({ least: '1s', most: '1h' })
      .optional()
      .describe('`generic_hmac`: how old a timestamp may be, 5m by default.'),
  })
  .superRefine(({ provider, ...fields }, context) => {
    if (provider === 'generic_hmac') {
      const remedy = 'name the header that holds the signature, such as "x-signature"';
      if (fields.header === undefined) refuse(context, 'ERR_NGROK_2234', `is required; ${remedy}`, ['header']);
      if (fields.tolerance !== undefined && fields.timestamp_header === undefined) {
        refuse(context, 'ERR_NGROK_2204', 'needs timestamp_header; add it, or remove tolerance', ['tolerance']);
      }
      return;
    }
    for (const field of ownFields.filter(field => fields[field] !== undefined)) {
      const message = `"${field}" is for provider "generic_hmac"; "${provider}" signs in one way; remove it`;
      refuse(context, 'ERR_NGROK_2203', message, [field]);
    }
  });

/** Lets in only what a provider of webhooks has signed. */
export const verifyWebhook = {
  type: 'verify-webhook',
  phases: ['on_http_request'],
  config,
  cel: ({ secret }) => [{ path: ['secret'], text: secret, kind: 'template', isSecret: true }],
} as const satisfies ActionDefinition<'verify-webhook', typeof config>;
