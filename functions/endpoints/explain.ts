import { z } from 'zod';
import { GatewayError } from '../core/errors.ts';
import { noFee } from '../core/fee.ts';
import { formatUsd } from '../core/money.ts';
import { usdAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import type { PolicyFacts } from '../policy/expressions/policy-facts.ts';
import { dryRun } from '../policy/run/dry-run.ts';
import { type PolicyRequest, PolicyRun, type PolicyServices, wholeBody } from '../policy/run/policy-run.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import { type CompiledAiGateway, compilePolicy as prepare, usesStrategies } from '../routing/compile-policy.ts';
import { explain, hiddenSecrets } from '../routing/explain.ts';
import { KeyHealth } from '../routing/key-health.ts';
import { type ModelCall, parseModelCall } from '../routing/model-call.ts';
import { EndpointMetrics } from '../store/endpoint-metrics.ts';
import type { Endpoint } from '../store/endpoints.ts';
import { compilePolicy } from './compile-policy.ts';
import { path, requireEndpoint } from './endpoint.ts';
import { trafficPolicyField } from './endpoint-fields.ts';
import { catalogOf } from './models.ts';

const explainBody = z
  .strictObject({
    method: z.string().max(20).default('POST').describe('For rules that read it'),
    path: z.string().max(1_000).default('/v1/chat/completions').describe('Where the request would go'),
    query: z.string().max(2_000).default('').describe('Without the question mark'),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/), z.string().max(4_000))
      .default({})
      .describe('What the request would show; rules and templates read them'),
    client_ip: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1').describe('Where the request would come from'),
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
    rules: z
      .array(
        z.strictObject({
          rule: z.string().describe('Its name, or its place in the policy'),
          applies: z.boolean().describe('Whether all its expressions are true'),
          actions: z.array(z.strictObject({ type: z.string(), what: z.string() })),
          error: z.string().nullable().describe('Why it would refuse the request'),
        }),
      )
      .describe('The rules for requests, up to the one that answers; empty for a policy that only calls models'),
    answered_by: z.string().nullable().describe('The type of the action that answers'),
    surface: z.string().nullable().describe('Null for a path that no model answers'),
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
      const { compiledPolicy } =
        body.traffic_policy === undefined ? endpoint : compilePolicy(body.traffic_policy, management);
      return { status: 200, body: await explainRequest(body, endpoint, compiledPolicy, management) };
    },
  }),
];

type ExplainBody = z.output<typeof explainBody>;
type ModelsPart = ReturnType<typeof explain>;

async function explainRequest(body: ExplainBody, endpoint: Endpoint, compiledPolicy: string, management: Management) {
  const metrics = new EndpointMetrics({ ...management, cacheLifetimeMs: 0 });
  const policy = await prepare(compiledPolicy, {
    catalog: catalogOf(management),
    metrics: metrics.of(endpoint),
    keyHealth: new KeyHealth(management.now),
    random: Math.random,
  });
  if (usesStrategies(policy)) await metrics.refresh(endpoint);
  let models: ModelsPart | undefined;
  const callModels: PolicyServices['callModels'] = async (config, { request, facts }) => {
    const aiGateway = policy.rules ? policy.aiGateways.get(config) : policy.aiGateway;
    if (!aiGateway) throw new Error('an ai-gateway action was not compiled with its policy');
    models = explainModels(request, aiGateway, facts, body.with_gateway_key, management);
    const { error } = models;
    return {
      status: error?.status ?? 200,
      headers: {},
      body: wholeBody(''),
      result: () => undefined,
      isError: error !== null,
    };
  };
  const run = startDryRun(body, endpoint, callModels, management);
  if (!policy.rules) {
    await callModels(policy.aiGateway.config, run);
    return { rules: [], answered_by: 'ai-gateway', ...noModels(run.request.path), ...models };
  }
  const { rules, answeredBy } = await dryRun(policy.rules.request, run);
  const refusal = rules.at(-1)?.error ?? (answeredBy ? undefined : noRuleAnswers(body));
  return {
    rules: rules.map(({ rule, applies, actions, error }) => ({
      rule,
      applies,
      actions,
      error: error?.message ?? null,
    })),
    answered_by: answeredBy ?? null,
    ...noModels(run.request.path),
    ...models,
    ...(refusal && { error: { code: refusal.code, status: refusal.status, message: refusal.message } }),
  };
}

function noRuleAnswers({ method, path }: ExplainBody): GatewayError {
  return new GatewayError('no_rule_answered', `No rule answers ${method} ${path}`);
}

/** The part about models, where none would be asked. */
function noModels(path: string): ModelsPart {
  const surface = surfaceAt(path)?.name ?? null;
  return { surface, candidates: [], dropped: [], model_selection: [], hold_usd: formatUsd(0n), error: null };
}

/** @returns a run whose rules reach nothing outside of it */
function startDryRun(
  { method, path, query, headers, client_ip, body }: ExplainBody,
  { id, slug, accountId }: Endpoint,
  callModels: PolicyServices['callModels'],
  management: Management,
): PolicyRun {
  const notInDryRun = () => Promise.reject(new Error('a dry run counts nothing and calls nobody'));
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const request = {
    method,
    path,
    query,
    headers: { 'content-type': 'application/json', ...lowerCase },
    body: Buffer.from(JSON.stringify(body)),
  };
  const caller = {
    requestId: 'rq_dry_run',
    accountId,
    endpoint: { id, slug, url: `https://localhost/e/${slug}` },
    gatewayKeyId: undefined,
    clientIp: client_ip,
    scheme: 'https',
    httpVersion: 'HTTP/1.1',
    receivedAtMs: management.now(),
  };
  return new PolicyRun(caller, request, hiddenSecrets, {
    now: management.now,
    random: Math.random,
    region: 'us-east-1',
    callModels,
    call: notInDryRun,
    takeRate: notInDryRun,
    circuits: { openFor: notInDryRun, note: notInDryRun },
    report: management.report,
  });
}

/**
 * Costs are estimates: this function has no token tables, which are large, and takes four bytes for a token.
 * @throws ManagementError unusable_request
 */
function explainModels(
  request: PolicyRequest,
  aiGateway: CompiledAiGateway,
  facts: PolicyFacts,
  hasGatewayKey: boolean,
  management: Management,
): ModelsPart {
  const catalog = catalogOf(management);
  return explain(readCall(request), aiGateway, {
    catalog,
    fee: management.fee ?? noFee,
    managedProviders: catalog.providers.filter(({ managed }) => managed).map(({ id }) => id),
    hasGatewayKey,
    clientCredential: undefined,
    baseUrls: new Map(),
    facts,
    countTokens: (_, text) => Math.ceil(Buffer.byteLength(text) / 4),
  });
}

/** @throws ManagementError unusable_request */
function readCall({ path, body }: PolicyRequest): ModelCall {
  const surface = surfaceAt(path);
  if (!surface) {
    throw new ManagementError('unusable_request', `"path" is "${path}", which is not served; paths begin with /v1/`);
  }
  try {
    return parseModelCall(body, surface);
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause;
    throw new ManagementError('unusable_request', cause.message, { cause });
  }
}
