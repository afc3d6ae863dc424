import type { Model } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import { EvaluationError, WrongResultError } from '../policy/expressions/expression-error.ts';
import type { Surface } from '../providers/surface.ts';
import {
  type Available,
  type Candidate,
  candidateName,
  type EndpointCatalog,
  type Exclusion,
  speaks,
} from './endpoint-catalog.ts';
import type { ModelSelector } from './selectors.ts';

/** What a client asked for, as far as choosing a model goes. */
export interface ModelRequest {
  surface: Surface;
  /** In the client's order; empty when the gateway chooses. */
  modelNames: readonly string[];
}

/** A name that was ruled out, and why, in words. */
export interface Rejection {
  model: string;
  reason: string;
}

/** What one strategy did. Models as `provider:id`. */
export interface Selection {
  strategy: string;
  error?: string;
  returned: string[];
  /** Those that the client named too, or all when it named none; empty lets the next strategy try. */
  toTry: string[];
}

/** How the candidates of a request came about; a dry run shows the same as a real request. */
export interface Resolution {
  /** Best first; empty when there is an error. */
  candidates: readonly Candidate[];
  rejected: readonly Rejection[];
  /** One entry for each strategy that was asked. */
  selections: readonly Selection[];
  error: GatewayError | undefined;
}

/**
 * The candidates for a request: what the client named, in its order, else all that can answer; then what the first
 * strategy with a result leaves of them. Strategies rule out, and order only when the client named nothing.
 * The error is ERR_NGROK_3804 (nothing matches or is allowed), 3813 (wrong format), 3803 and 3806 (a strategy failed) or
 * 3805 (no strategy chose anything).
 */
export function resolveCandidates(
  { surface, modelNames }: ModelRequest,
  catalog: EndpointCatalog,
  selectors: readonly ModelSelector[],
): Resolution {
  const rejected: Rejection[] = [];
  const selections: Selection[] = [];
  const done = (candidates: readonly Candidate[]) => ({ candidates, rejected, selections, error: undefined });
  try {
    if (modelNames.length === 0 && surface.requires === undefined) return done(providersAlone(surface, catalog));
    const available = catalog.available(surface);
    const named = modelNames.length > 0 ? speaking(namedCandidates(modelNames, catalog, rejected), surface) : undefined;
    if (!named && available.candidates.length === 0) throw noModels(surface);
    if (selectors.length === 0) return done(named ?? available.candidates);
    return done(select(available, named, selectors, selections));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { candidates: [], rejected, selections, error };
  }
}

/** Without a model, on a path that may do without one: the providers that the policy configures. */
function providersAlone(surface: Surface, catalog: EndpointCatalog): Candidate[] {
  const candidates = catalog.providers
    .filter(({ provider, config }) => config && provider.formats.includes(surface.format))
    .map(entry => catalog.withoutModel(entry))
    .filter(({ exclusion }) => exclusion === undefined || exclusion === 'model_not_allowed');
  if (candidates.length > 0) return candidates;
  throw new GatewayError(
    'ERR_NGROK_3804',
    'The request names no model and the endpoint configures no provider; send "model" as provider:name',
  );
}

function namedCandidates(names: readonly string[], catalog: EndpointCatalog, rejected: Rejection[]): Candidate[] {
  const kept = new Map<string, Candidate>();
  const exclusions: Exclusion[] = [];
  for (const name of names) {
    const matches = catalog.candidatesNamed(name);
    if (matches.length === 0) rejected.push({ model: name, reason: unknownReason(name) });
    for (const candidate of matches) {
      if (candidate.exclusion) {
        exclusions.push(candidate.exclusion);
        rejected.push({ model: candidateName(candidate), reason: exclusionReasons[candidate.exclusion](candidate) });
      } else if (!kept.has(candidateName(candidate))) {
        kept.set(candidateName(candidate), candidate);
      }
    }
  }
  if (kept.size > 0) return [...kept.values()];
  const type = exclusions.find(exclusion => exclusion !== 'disabled') ?? 'model_unknown';
  throw new GatewayError('ERR_NGROK_3804', listed(rejected.map(({ reason }) => reason)), { type });
}

/** The first few, so that no message is long. */
function listed(reasons: readonly string[]): string {
  const more = reasons.length > reasonsMax ? [`and ${reasons.length - reasonsMax} more`] : [];
  return [...reasons.slice(0, reasonsMax), ...more].join('; ');
}

const reasonsMax = 10;

function speaking(candidates: readonly Candidate[], surface: Surface): readonly Candidate[] {
  const able = candidates.filter(candidate => speaks(candidate, surface, true));
  if (able.length > 0) return able;
  const names = candidates.map(candidate => `"${candidateName(candidate)}"`).join(', ');
  throw new GatewayError(
    'ERR_NGROK_3813',
    `${names} cannot be called in the ${surface.format} format of ${surface.name}; use another path or model`,
  );
}

function select(
  { models, candidateOf }: Available,
  named: readonly Candidate[] | undefined,
  selectors: readonly ModelSelector[],
  selections: Selection[],
): readonly Candidate[] {
  const passedThrough = (named ?? []).filter(({ model }) => model.known === false);
  // Strategies see what the endpoint has, and what the client passes through to a provider.
  const visible = passedThrough.length === 0 ? models : [...models, ...passedThrough.map(({ model }) => model)];
  const find = (model: Model) => candidateOf.get(model) ?? passedThrough.find(candidate => candidate.model === model);
  for (const selector of selectors) {
    const selection: Selection = { strategy: selector.source, returned: [], toTry: [] };
    selections.push(selection);
    const chosen = new Set(choose(selector, visible, selection));
    const chosenCandidates = [...chosen].flatMap(model => find(model) ?? []);
    const toTry = named ? named.filter(({ model }) => chosen.has(model)) : chosenCandidates;
    selection.returned = chosenCandidates.map(candidateName);
    selection.toTry = toTry.map(candidateName);
    if (toTry.length > 0) return toTry;
  }
  const tried = selectors.map(({ source }) => source).join(' | ');
  const asked = named ? ` among ${named.map(candidate => `"${candidateName(candidate)}"`).join(', ')}` : '';
  throw new GatewayError('ERR_NGROK_3805', `No model selection strategy chose a model${asked}: ${tried}`);
}

function choose(selector: ModelSelector, models: readonly Model[], selection: Selection): readonly Model[] {
  try {
    return selector.select(models);
  } catch (cause) {
    if (!(cause instanceof EvaluationError || cause instanceof WrongResultError)) throw cause;
    selection.error = cause.message;
    const code = cause instanceof WrongResultError ? 'ERR_NGROK_3806' : 'ERR_NGROK_3803';
    throw new GatewayError(code, `Model selection strategy "${selector.source}" failed: ${cause.message}`, { cause });
  }
}

const exclusionReasons: Record<Exclusion, (candidate: Candidate) => string> = {
  disabled: candidate => `"${candidateName(candidate)}" is disabled by the endpoint's policy`,
  provider_not_allowed: ({ provider }) =>
    `provider not allowed: "${provider.id}" is not configured and only_allow_configured_providers is set; add it to providers`,
  model_not_allowed: candidate =>
    `model unknown: "${candidateName(candidate)}" is not listed and only_allow_configured_models is set; add it to its provider's models`,
};

function unknownReason(name: string): string {
  return `model unknown: nothing matches "${name}"; GET /v1/models lists what does, and provider:name passes any name on to a known provider`;
}

function noModels({ format, name }: Surface): GatewayError {
  return new GatewayError(
    'ERR_NGROK_3804',
    `This endpoint allows no model that can be called in the ${format} format of ${name}`,
    { type: 'model_unknown' },
  );
}
