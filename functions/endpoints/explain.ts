import { z } from 'zod';
import { GatewayError } from '../core/errors.ts';
import { noFee } from '../core/fee.ts';
import { usdAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import { compilePolicy as prepare } from '../routing/compile-policy.ts';
import { explain } from '../routing/explain.ts';
import { KeyHealth } from '../routing/key-health.ts';
import { type ModelCall, parseModelCall } from '../routing/model-call.ts';
import { compilePolicy } from './compile-policy.ts';
import { path, requireEndpoint } from './endpoint.ts';
import { trafficPolicyField } from './endpoint-fields.ts';
import { catalogOf } from './models.ts';

const explainBody = z
  .strictObject({
    path: z.string().max(1_000).default('/v1/chat/completions').describe('Where the request would go'),
    body: z.record(z.string(), z.unknown()).describe('The JSON of the request'),
    with_gateway_key: z
      .boolean()
      .default(true)
      .describe('Whether the request would show a gateway key, without which no managed keys are used'),
    traffic_policy: trafficPolicyField.optional().describe('Tried instead of the policy that the endpoint has'),
  })
  .meta({ id: 'EndpointExplain' });

const explainAnswer = z
  .strictObject({
    surface: z.string(),
    candidates: z
      .array(
        z.strictObject({
          name: z.string(),
          provider: z.string(),
          model: z.string(),
          known: z.boolean().describe('Whether the catalog or the policy describes the model'),
          base_url: z.string(),
          keys: z.array(z.string()).describe('Where its keys come from, in the order of use'),
          set: z.record(z.string(), z.unknown()).describe('Fields that the provider gets in place of the request’s'),
          removed: z.array(z.string()).describe('Fields that the provider does not get'),
          cost_at_most_usd: usdAnswer.nullable().describe('An estimate; null where the provider’s bill is not ours'),
        }),
      )
      .describe('What would be tried, in this order'),
    dropped: z.array(z.strictObject({ model: z.string(), reason: z.string() })),
    model_selection: z
      .array(
        z.strictObject({
          strategy: z.string(),
          error: z.string().nullable(),
          candidates_returned: z.array(z.string()),
          models_to_try: z.array(z.string()),
        }),
      )
      .describe('What each strategy did that was asked'),
    hold_usd: usdAnswer.describe(
      'What would be set aside before the first candidate is called. An estimate: input tokens are counted here as a quarter of the bytes',
    ),
    error: z
      .strictObject({ code: z.string(), status: z.int(), message: z.string() })
      .nullable()
      .describe('What the request would be refused with'),
  })
  .meta({ id: 'Explanation' });

/** A dry run of a request through a policy. */
export const explainRoutes: Route[] = [
  route({
    method: 'POST',
    path: `${path}/{id}/explain`,
    role: 'viewer',
    summary: 'Say what would happen to a request, without sending it',
    body: explainBody,
    answer: explainAnswer,
    changesNothing: true,
    async handle({ parameters, body, caller }, management) {
      const endpoint = await requireEndpoint(caller.accountId, parameters.id, management);
      const { traffic_policy: tried } = body;
      const { compiledPolicy } = tried === undefined ? endpoint : compilePolicy(tried, management);
      const explanation = await explainCall(readCall(body), compiledPolicy, body.with_gateway_key, management);
      return { status: 200, body: explanation };
    },
  }),
];

/** @throws ManagementError unusable_request */
function readCall({ path, body }: z.output<typeof explainBody>): ModelCall {
  const surface = surfaceAt(path);
  if (!surface) {
    throw new ManagementError('unusable_request', `"path" is "${path}", which is not served; paths begin with /v1/`);
  }
  try {
    return parseModelCall(Buffer.from(JSON.stringify(body)), surface);
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause;
    throw new ManagementError('unusable_request', cause.message, { cause });
  }
}

/** Costs are estimates: this function has no token tables, which are large, and takes four bytes for a token. */
async function explainCall(call: ModelCall, compiledPolicy: string, hasGatewayKey: boolean, management: Management) {
  const catalog = catalogOf(management);
  const policy = await prepare(compiledPolicy, {
    catalog,
    metrics: () => undefined,
    keyHealth: new KeyHealth(management.now),
    random: Math.random,
  });
  return explain(call, policy, {
    catalog,
    fee: management.fee ?? noFee,
    managedProviders: catalog.providers.filter(({ managed }) => managed).map(({ id }) => id),
    hasGatewayKey,
    clientCredential: undefined,
    baseUrls: new Map(),
    countTokens: (_, text) => Math.ceil(Buffer.byteLength(text) / 4),
  });
}
