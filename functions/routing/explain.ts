import type { Catalog } from '../core/catalog/catalog.ts';
import type { Fee } from '../core/fee.ts';
import { formatUsd } from '../core/money.ts';
import type { PolicyFacts } from '../policy/expressions/policy-facts.ts';
import type { SecretLookup } from '../policy/expressions/template-scope.ts';
import { mergeHeaders } from './bounds/beta-headers.ts';
import type { CompiledAiGateway } from './compile-policy.ts';
import { candidateName } from './endpoint-catalog.ts';
import type { ModelCall } from './model-call.ts';
import { type AttemptPlan, type Plan, planAttempts } from './plan-attempts.ts';
import { clientProviderOf } from './provider-keys.ts';
import { type Resolution, resolveCandidates } from './resolve-candidates.ts';

/** What a dry run needs to know besides the policy and the request. */
export interface ExplainParts {
  /** The deployment's catalog. */
  catalog: Catalog;
  fee: Fee;
  /** Providers for which the deployment has keys of its own. */
  managedProviders: readonly string[];
  /** Whether the request would show a gateway key; without one, `clientCredential` may be a key for one provider. */
  hasGatewayKey: boolean;
  clientCredential: string | undefined;
  baseUrls: ReadonlyMap<string, string>;
  /** What the templates of the policy read of the request. */
  facts: PolicyFacts;
  countTokens(modelId: string, text: string): number;
}

/** What would happen to a request, without sending it: the same steps as for a real one, with keys that say nothing. */
export function explain(call: ModelCall, aiGateway: CompiledAiGateway, parts: ExplainParts) {
  const resolution = resolveCandidates(call, aiGateway.catalog, aiGateway.modelSelectors);
  const plan = resolution.error ? undefined : dryPlan(resolution, call, aiGateway, parts);
  const error = resolution.error ?? plan?.error;
  return {
    surface: call.surface.name as string | null,
    candidates: (plan?.plans ?? []).map(toCandidate),
    dropped: [...resolution.rejected, ...(plan?.dropped ?? [])],
    model_selection: resolution.selections.map(({ strategy, error: failure, returned, toTry }) => ({
      strategy,
      error: failure ?? null,
      candidates_returned: returned,
      models_to_try: toTry,
    })),
    hold_usd: holdOf(plan?.plans ?? []),
    error: error ? { code: error.code, status: error.status, message: error.message } : null,
  };
}

/** A dry run reads no secrets: their names stand for them. */
export const hiddenSecrets: SecretLookup = { get: (vault, name) => `${vault}/${name}` };

function dryPlan(
  { candidates }: Resolution,
  call: ModelCall,
  { catalog, config, templates, keySelectors }: CompiledAiGateway,
  parts: ExplainParts,
): AttemptPlan {
  const hidden = { secrets: hiddenSecrets, facts: parts.facts };
  return planAttempts(candidates, {
    call,
    catalog,
    config,
    ownKeys: { templates: id => templates.apiKeys.get(id) ?? [], selectors: keySelectors },
    credentials: {
      hasGatewayKey: parts.hasGatewayKey,
      clientCredential: parts.clientCredential,
      clientProviderId:
        parts.clientCredential && clientProviderOf(parts.clientCredential, candidates, catalog.providers),
      managedKeys: new Map(parts.managedProviders.map(id => [id, 'managed'])),
      scope: hidden,
    },
    bodyRules: { body: templates.body(hidden), outputTokensMax: config.max_output_tokens },
    headers: mergeHeaders({}, templates.headers(hidden)),
    baseUrls: parts.baseUrls,
    fee: parts.fee,
    pricedModel: ({ provider, model }) => parts.catalog.model(provider.id, model.id),
    countTokens: parts.countTokens,
  });
}

function toCandidate({ candidate, keys, baseUrl, forwarded, bound }: Plan) {
  return {
    name: candidateName(candidate),
    provider: candidate.provider.id,
    model: candidate.model.id,
    known: candidate.model.known !== false,
    base_url: baseUrl,
    keys: keys.map(({ source }) => source),
    set: forwarded.set,
    removed: forwarded.remove.filter(name => name !== 'models'),
    cost_at_most_usd: bound === undefined ? null : formatUsd(bound.mostNanoUsd),
  };
}

/** The most that any managed candidate could cost is set aside before the first is called. */
function holdOf(plans: readonly Plan[]): string {
  const bounds = plans.flatMap(({ bound }) => bound?.mostNanoUsd ?? []);
  return formatUsd(bounds.reduce((a, b) => (a > b ? a : b), 0n));
}
