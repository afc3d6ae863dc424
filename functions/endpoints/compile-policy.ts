import { parse } from 'yaml';
import { ManagementError } from '../management/management-error.ts';
import type { Management } from '../management/route.ts';
import { type PolicyProblem, parsePolicy } from '../policy/parse-policy.ts';

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
  { allowLoopback }: Pick<Management, 'allowLoopback'>,
): CompiledPolicy | { problems: PolicyProblem[] } {
  const parsed = parsePolicy(trafficPolicy, { allowLoopback });
  if (!('policy' in parsed)) return parsed;
  const compiledPolicy = JSON.stringify(parsed.policy);
  if (Buffer.byteLength(trafficPolicy) + Buffer.byteLength(compiledPolicy) > storedBytesMax) {
    const message = `the policy is too large; it and its compiled form may have ${storedBytesMax} bytes together`;
    return { problems: [{ code: 'ERR_NGROK_2221', path: '', message }] };
  }
  return { trafficPolicy, compiledPolicy, callsModels: hasAiGateway(trafficPolicy) };
}

/** @throws ManagementError invalid_policy, with every problem in its details */
export function compilePolicy(trafficPolicy: string, management: Pick<Management, 'allowLoopback'>): CompiledPolicy {
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
