import { z } from 'zod';
import type { ActionDefinition, CelPart } from '../action.ts';
import { refuse } from '../config-fields.ts';
import { readAddress, readRange } from '../expressions/macros/text-kinds.ts';
import { show } from '../problems.ts';
import { celText } from './header-fields.ts';

const range = celText(255).superRefine((text, context) => {
  if (text.includes('${') || readRange(text)) return;
  const address = readAddress(text);
  const remedy = address
    ? `write "${text}/${address.kind() === 'ipv4' ? 32 : 128}" for this one address`
    : 'write one such as "203.0.113.0/24" or "2001:db8::/32"';
  refuse(context, 'ERR_NGROK_2204', `${show(text)} is not a range of addresses in CIDR notation; ${remedy}`);
});

const ranges = z.array(range).default([]);

const ipPoliciesRemedy = 'IP policies are objects of another product; write their ranges into allow and deny';

const config = z
  .strictObject({
    allow: ranges.describe('CIDR ranges; without any, every address that is not denied is allowed.'),
    deny: ranges.describe('CIDR ranges that are refused even where `allow` has them.'),
    ip_policies: z
      .never({ error: () => ipPoliciesRemedy })
      .optional()
      .describe('Not taken here: write the addresses under allow and deny.'),
    enforce: z.boolean().default(true).describe('`false` checks and tells, and lets requests through.'),
  })
  .superRefine(({ allow, deny }, context) => {
    if (allow.length + deny.length === 0) {
      refuse(context, 'ERR_NGROK_2223', 'has neither allow nor deny; name a range of addresses in one of them');
    }
  });

/** Lets clients in by their address, which is the connection's and never one that a header claims. */
export const restrictIps = {
  type: 'restrict-ips',
  phases: ['on_http_request', 'on_http_response'],
  config,
  cel: ({ allow, deny }) => [...templates('allow', allow), ...templates('deny', deny)],
} as const satisfies ActionDefinition<'restrict-ips', typeof config>;

function templates(field: string, texts: readonly string[]): CelPart[] {
  return texts.map((text, index) => ({ path: [field, index], text, kind: 'template' }));
}
