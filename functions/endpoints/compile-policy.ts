import { parse } from 'yaml';
import { type Catalog, CatalogCollision } from '../core/catalog/catalog.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management } from '../management/route.ts';
import { type PolicyProblem, parsePolicy, type TrafficPolicy } from '../policy/parse-policy.ts';
import { EndpointCatalog } from '../routing/endpoint-catalog.ts';
import { catalogOf } from './models.ts';

/** Text and compiled form are kept in one item, which may have 400 KB, together with everything else. */
const storedBytesMax = 350_000;

export interface CompiledPolicy {
  trafficPolicy: string;
  compiledPolicy: string;
  callsModels: boolean;
}

/** Reads a policy. @returns what an endpoint keeps of it, or everything that is wrong with it */
export function tryPolicy(
  trafficPolicy: string,
  management: Pick<Management, 'allowLoopback' | 'extraProviders'>,
): CompiledPolicy | { problems: PolicyProblem[] } {
  const catalog = catalogOf(management);
  const knowsProvider = (name: string) => catalog.provider(name) !== undefined;
  const parsed = parsePolicy(trafficPolicy, { allowLoopback: management.allowLoopback, knowsProvider });
  if (!('policy' in parsed)) return parsed;
  const collision = collisionIn(parsed.policy, catalog);
  if (collision) return { problems: [collision] };
  const compiledPolicy = JSON.stringify(parsed.policy);
  if (Buffer.byteLength(trafficPolicy) + Buffer.byteLength(compiledPolicy) > storedBytesMax) {
    const message = `the policy is too large; it and its compiled form may have ${storedBytesMax} bytes together`;
    return { problems: [{ code: 'ERR_NGROK_2221', path: '', message }] };
  }
  return { trafficPolicy, compiledPolicy, callsModels: hasAiGateway(trafficPolicy) };
}

/** A name that would mean two things once the policy meets the catalog. */
function collisionIn({ aiGateway }: TrafficPolicy, catalog: Catalog): PolicyProblem | undefined {
  try {
    new EndpointCatalog(catalog, aiGateway);
    return undefined;
  } catch (error) {
    if (!(error instanceof CatalogCollision)) throw error;
    return { code: 'ERR_NGROK_2204', path: 'providers', message: error.message };
  }
}

/** @throws ManagementError invalid_policy, with every problem in its details */
export function compilePolicy(
  trafficPolicy: string,
  management: Pick<Management, 'allowLoopback' | 'extraProviders'>,
): CompiledPolicy {
  const compiled = tryPolicy(trafficPolicy, management);
  if (!('problems' in compiled)) return compiled;
  const { problems } = compiled;
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new ManagementError('invalid_policy', `${first?.code} at "${first?.path}": ${first?.message}${more}`, {
    details: { problems },
  });
}

/** Looks at a document that is known to be a policy; both forms of a rule count. */
function hasAiGateway(trafficPolicy: string): boolean {
  const { on_http_request = [] } = parse(trafficPolicy) as { on_http_request?: (Action & { actions?: Action[] })[] };
  return on_http_request.flatMap(rule => [rule, ...(rule.actions ?? [])]).some(({ type }) => type === 'ai-gateway');
}

interface Action {
  type?: string;
}
