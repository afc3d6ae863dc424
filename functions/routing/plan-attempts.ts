import type { Model } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import type { Fee } from '../core/fee.ts';
import { type EncodingName, encodingForModel } from '../core/tokens/encodings.ts';
import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import { surfacePaths } from '../providers/surfaces.ts';
import { checkBetaHeaders, type Headers } from './bounds/beta-headers.ts';
import { managedBody } from './bounds/managed-body.ts';
import { addedTextTokensMax, isFree, measureRequest, textTokensMax } from './bounds/measure-request.ts';
import { type PlanBound, planBound } from './bounds/plan-bound.ts';
import { type Candidate, candidateName, type EndpointCatalog } from './endpoint-catalog.ts';
import { type BodyRules, type ForwardedBody, forwardedBody } from './forwarded-body.ts';
import type { ModelCall } from './model-call.ts';
import { type Credentials, type KeySelection, keysFor, type OwnKeys, type ProviderKey } from './provider-keys.ts';
import type { Rejection } from './resolve-candidates.ts';

/** More tries than this help nobody. */
export const attemptsMax = 32;

/** A candidate that can be tried, and how. */
export interface Plan {
  candidate: Candidate;
  keys: ProviderKey[];
  keySelections: KeySelection[];
  baseUrl: string;
  forwarded: ForwardedBody;
  /** The most it can cost the balance; undefined when it costs nothing, or the provider bills somebody else. */
  bound: PlanBound | undefined;
}

export interface PlanParts {
  call: ModelCall;
  catalog: EndpointCatalog;
  config: AiGatewayConfig;
  ownKeys: OwnKeys;
  credentials: Credentials;
  bodyRules: BodyRules;
  /** Of the client and the policy, as a provider gets them. */
  headers: Headers;
  /** Base URLs that replace a provider's own; only the local stack has any. */
  baseUrls: ReadonlyMap<string, string>;
  fee: Fee;
  /** A model as the deployment's catalog knows it, whatever the endpoint's policy says of it. */
  pricedModel(candidate: Candidate): Model | undefined;
  countTokens(modelId: string, text: string): number;
}

export interface AttemptPlan {
  /** Best first; empty when `error` is set. */
  plans: Plan[];
  dropped: Rejection[];
  /** Why the first candidate was dropped, when all were. */
  error: GatewayError | undefined;
}

/** Finds keys, bodies and bounds for the candidates. One without a key, or over a limit, is dropped for the next. */
export function planAttempts(candidates: readonly Candidate[], parts: PlanParts): AttemptPlan {
  const plans: Plan[] = [];
  const dropped: Rejection[] = [];
  let error: GatewayError | undefined;
  let keys = 0;
  const checkInput = inputLimit(parts);
  const textTokens = once(() => textTokensMax(parts.call));
  for (const candidate of candidates) {
    if (keys > attemptsMax) break;
    try {
      checkInput(candidate);
      const plan = planCandidate(candidate, parts, textTokens);
      plans.push(plan);
      keys += plan.keys.length;
    } catch (cause) {
      if (!(cause instanceof GatewayError)) throw cause;
      error ??= cause;
      dropped.push({ model: candidateName(candidate), reason: cause.message });
    }
  }
  return { plans, dropped, error: plans.length === 0 ? error : undefined };
}

function planCandidate(candidate: Candidate, parts: PlanParts, textTokens: () => number): Plan {
  const { call, catalog, ownKeys, credentials, bodyRules } = parts;
  const entry = catalog.provider(candidate.provider.id);
  if (!entry) throw new Error(`candidate ${candidateName(candidate)} is of no provider of its endpoint`);
  const { keys, selections } = keysFor(candidate, entry, ownKeys, credentials);
  const isManaged = keys.some(({ source }) => source === 'managed');
  if (isManaged && !call.surface.allowsManagedKeys) {
    throw new GatewayError(
      'ERR_NGROK_3814',
      `This path cannot be used with managed keys; use ${surfacePaths.join(', ')}, or your own provider key`,
    );
  }
  const forwarded = forwardedBody(call, candidate, bodyRules);
  return {
    candidate,
    keys,
    keySelections: selections,
    baseUrl: baseUrlOf(candidate, parts),
    ...(isManaged && !isFree(call.surface)
      ? boundedRequest(candidate, forwarded, parts, textTokens)
      : { forwarded, bound: undefined }),
  };
}

/** What is sent with a managed key, and the most it can cost. What the client asked for is judged before it is changed. */
function boundedRequest(
  candidate: Candidate,
  asked: ForwardedBody,
  { call, headers, pricedModel, fee }: PlanParts,
  textTokens: () => number,
): Pick<Plan, 'forwarded' | 'bound'> {
  const { surface } = call;
  const clientTokens = textTokens(); // first: it makes sure that there is one way to read the body
  const tally = measureRequest(surface, asked.members);
  const forwarded = managedBody(call, candidate, asked);
  const { members, set } = forwarded;
  const model = pricedModel(candidate);
  const request = { surface, members, textTokens: clientTokens + addedTextTokensMax(set), tally };
  // An alias can have another price than the model whose name it is, so the name that is sent must be the model's own.
  const bound = planBound(request, candidateName(candidate), model?.id === members.model ? model : undefined, fee);
  if (model) checkBetaHeaders(headers, model);
  return { forwarded, bound };
}

function once<Value>(compute: () => Value): () => Value {
  let computed: { value: Value } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
}

function baseUrlOf({ provider }: Candidate, { baseUrls }: PlanParts): string {
  const baseUrl = baseUrls.get(provider.id) ?? provider.baseUrl;
  if (baseUrl) return baseUrl;
  throw new GatewayError(
    'ERR_NGROK_3800',
    `Provider "${provider.id}" publishes no base URL; set base_url for it in the endpoint's policy`,
  );
}

/** A token stands for at least one byte, so short prompts pass without being counted. */
function inputLimit({ call, config, countTokens }: PlanParts): (candidate: Candidate) => void {
  const limit = config.max_input_tokens;
  if (limit === undefined) return () => {};
  const prompt = call.surface.promptTexts(call.body).join('\n');
  const ids = call.surface.promptTokenIds(call.body);
  if (Buffer.byteLength(prompt) + ids <= limit) return () => {};
  const counts = new Map<EncodingName, number>();
  return ({ model }) => {
    const encoding = encodingForModel(model.id);
    const tokens = counts.get(encoding) ?? countTokens(model.id, prompt) + ids;
    counts.set(encoding, tokens);
    if (tokens <= limit) return;
    throw new GatewayError(
      'ERR_NGROK_3811',
      `The input has ${tokens} tokens; this endpoint allows ${limit} (max_input_tokens). Shorten it`,
    );
  };
}
