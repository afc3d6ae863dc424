import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { isCallable, isLoopback } from '../callable-url.ts';
import { text } from '../config-fields.ts';
import { policyLimits } from '../limits.ts';
import { listed, type PolicyProblem, problem, show } from '../problems.ts';

/** Those that are signed with a private key; others can be made by everyone who can check them. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const algorithm = z.enum(algorithms, {
  error: ({ input }) => `${show(input)} is not an algorithm that a key set can prove; use ${listed(algorithms)}`,
});

const allowList = z.strictObject({
  allow_list: z
    .array(z.strictObject({ value: text(policyLimits.urlLengthMax).describe('As it stands in the token.') }))
    .min(1)
    .max(100)
    .describe('Values that are taken; one of them is enough.'),
});

const token = z.strictObject({
  type: z.enum(['id_token', 'access_token', 'at+jwt', 'it+jwt', 'plain', 'jwt']).describe('What kind of token it is.'),
  method: z.enum(['header', 'body']).describe('Where it stands in a request.'),
  name: text(policyLimits.nameLengthMax).describe('Of the header, or of the field of a JSON or form body.'),
  prefix: z.string().max(64).optional().describe('What stands before the token, such as `Bearer `.'),
});

const config = z.strictObject({
  issuer: allowList.describe('One of them must be the `iss` of a token, character by character.'),
  audience: allowList.optional().describe('One of them must be in the `aud` of a token.'),
  http: z
    .strictObject({ tokens: z.array(token).min(1).max(10).describe('Where tokens stand in a request.') })
    .describe('Every token must be there and valid.'),
  jws: z
    .strictObject({
      allowed_algorithms: z.array(algorithm).min(1).describe('What tokens may be signed with.'),
      keys: z
        .strictObject({
          identification: z
            .strictObject({ token_claims: z.array(z.literal('kid')).max(1).describe('Always `kid`.') })
            .optional()
            .describe('How a token names its key.'),
          sources: z
            .strictObject({
              additional_jkus: z.array(text(policyLimits.urlLengthMax)).min(1).max(10).describe('URLs of key sets.'),
            })
            .describe('Where the keys are.'),
        })
        .describe('What signatures are checked with.'),
    })
    .describe('How tokens are signed.'),
});

/** Lets in who shows a token that an identity provider has signed. */
export const jwtValidation = {
  type: 'jwt-validation',
  phases: ['on_http_request'],
  config,
  check: (config, path, { allowLoopback }) => {
    const { data } = keysConfig.safeParse(config);
    return (data?.jws.keys.sources.additional_jkus ?? []).flatMap((url, index): PolicyProblem[] => {
      const mistake = typeof url === 'string' ? keySetMistake(url, allowLoopback) : undefined;
      const where = [...path, 'jws', 'keys', 'sources', 'additional_jkus', index];
      return mistake ? [problem('ERR_NGROK_2204', where, mistake)] : [];
    });
  },
} as const satisfies ActionDefinition<'jwt-validation', typeof config>;

/** What is checked whether or not the rest is right. */
const keysConfig = z.object({
  jws: z.object({ keys: z.object({ sources: z.object({ additional_jkus: z.array(z.unknown()) }) }) }),
});

function keySetMistake(text: string, allowLoopback: boolean): string | undefined {
  if (!URL.canParse(text)) {
    return `${show(text)} is not a URL; write one such as "https://login.example.com/.well-known/jwks.json"`;
  }
  const url = new URL(text);
  if (url.username || url.password) return 'a URL of keys cannot hold a user or password; remove them';
  if (isLoopback(url.hostname) && !allowLoopback) {
    return `${show(text)} is this machine, which only local stacks may call; use another host`;
  }
  return isCallable(url) ? undefined : `${show(text)} is not allowed; use https`;
}
