import { type Catalog, CatalogCollision } from '../core/catalog/catalog.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management } from '../management/route.ts';
import { type PolicyProblem, parsePolicy } from '../policy/parse-policy.ts';
import { aiGatewaysOf, type TrafficPolicy } from '../policy/traffic-policy.ts';
import { EndpointCatalog } from '../routing/endpoint-catalog.ts';
import { catalogOf } from './models.ts';

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
  const { policy } = parsed;
  return { trafficPolicy, compiledPolicy: JSON.stringify(policy), callsModels: aiGatewaysOf(policy).length > 0 };
}

/** A name that would mean two things once the policy meets the catalog. */
function collisionIn(policy: TrafficPolicy, catalog: Catalog): PolicyProblem | undefined {
  try {
    for (const config of aiGatewaysOf(policy)) new EndpointCatalog(catalog, config);
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
