import { GatewayError } from '../core/errors.ts';
import { EvaluationError } from '../policy/expressions/expression-error.ts';
import type { TemplateScope } from '../policy/expressions/template.ts';
import { mergeHeaders } from '../routing/bounds/beta-headers.ts';
import { type Candidate, candidateName } from '../routing/endpoint-catalog.ts';
import { type PlanParts, planAttempts } from '../routing/plan-attempts.ts';
import { type Credentials, clientProviderOf, keysFor, type ProviderKey } from '../routing/provider-keys.ts';
import type { AccountSecrets } from '../store/account-secrets.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway, GatewayRequest } from './gateway.ts';
import { readSecrets } from './secret-scope.ts';

/** What will be tried, and a second look at keys that a provider refuses. */
export interface CallPlan extends ReturnType<typeof planAttempts> {
  /** `config.headers` and `config.query_params` with their templates filled in. */
  headers: Record<string, string>;
  queryParams: Record<string, string>;
  /** The candidate's keys as they are now: they may have been replaced since they were read. */
  keysNow(candidate: Candidate): Promise<ProviderKey[]>;
}

/** Gathers what planning needs from caches and secrets, and plans. */
export async function planCall(
  request: Pick<GatewayRequest, 'headers'>,
  exchange: Exchange,
  gateway: Gateway,
): Promise<CallPlan> {
  const { caller, call, resolution } = exchange;
  const { catalog, config, templates, keySelectors } = exchange.aiGateway;
  const { candidates } = resolution;
  const ownKeys = { templates: (id: string) => templates.apiKeys.get(id) ?? [], selectors: keySelectors };

  const credentialsFrom = async (readAgain: boolean): Promise<Credentials> => {
    const usesManaged = caller.gatewayKey && candidates.some(({ provider }) => !templates.apiKeys.has(provider.id));
    const readManaged = readAgain ? gateway.managedKeysAgain : gateway.managedKeys;
    return {
      hasGatewayKey: caller.gatewayKey !== undefined,
      clientCredential: caller.clientCredential,
      clientProviderId:
        caller.clientCredential && clientProviderOf(caller.clientCredential, candidates, catalog.providers),
      managedKeys: new Map(usesManaged ? Object.entries(await readManaged()) : []),
      scope: await readScope(exchange, gateway.accountSecrets, readAgain),
    };
  };
  const credentials = await credentialsFrom(false);
  const fill = <Value>(field: string, render: (scope: TemplateScope) => Value): Value => {
    try {
      return render(credentials.scope);
    } catch (cause) {
      if (!(cause instanceof EvaluationError)) throw cause;
      throw new GatewayError('ERR_NGROK_2238', `The policy's "${field}" cannot be filled in: ${cause.message}`, {
        cause,
      });
    }
  };
  const headers = fill('headers', templates.headers);
  const parts: PlanParts = {
    call,
    catalog,
    config,
    ownKeys,
    credentials,
    bodyRules: { body: fill('body', templates.body), outputTokensMax: config.max_output_tokens },
    headers: mergeHeaders(request.headers, headers),
    baseUrls: gateway.baseUrls,
    fee: gateway.fee,
    pricedModel: ({ provider, model }) => gateway.catalog.model(provider.id, model.id),
    countTokens: gateway.countTokens,
  };
  return {
    ...planAttempts(candidates, parts),
    headers,
    queryParams: fill('query_params', templates.queryParams),
    async keysNow(candidate) {
      const entry = catalog.provider(candidate.provider.id);
      if (!entry) throw new Error(`candidate ${candidateName(candidate)} is of no provider of its endpoint`);
      return keysFor(candidate, entry, ownKeys, await credentialsFrom(true)).keys;
    },
  };
}

async function readScope(
  { caller, aiGateway, facts }: Exchange,
  accountSecrets: AccountSecrets,
  readAgain: boolean,
): Promise<TemplateScope> {
  const secrets = await readSecrets(caller.endpoint.accountId, aiGateway.templates.secrets, accountSecrets, readAgain);
  return {
    secrets,
    get facts() {
      return facts();
    },
  };
}
