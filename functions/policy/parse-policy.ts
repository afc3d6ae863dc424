import { builtInCatalog } from '../core/catalog/built-in-catalog.ts';
import type { ActionType, PolicyAction } from './actions.ts';
import type { PolicyContext } from './check-providers.ts';
import { type PolicyRule, readRules } from './document.ts';
import { policyLimits } from './limits.ts';
import { firstProblems, type PolicyProblem, problem } from './problems.ts';
import { readDocument } from './read-document.ts';
import type { TrafficPolicy } from './traffic-policy.ts';

export type { PolicyProblem, PolicyProblemCode } from './problems.ts';

/** What a policy is checked against; by default the known providers are those of the built-in catalog. */
export type PolicyOptions = Pick<PolicyContext, 'allowLoopback'> & Partial<Pick<PolicyContext, 'knowsProvider'>>;

/**
 * Reads a Traffic Policy document in YAML or JSON. Takes any text, and never throws for what is in it.
 * @returns the policy, or every problem found
 */
export function parsePolicy(
  text: string,
  { allowLoopback, knowsProvider = isBuiltIn }: PolicyOptions,
): { policy: TrafficPolicy } | { problems: PolicyProblem[] } {
  const parsed = parse(text, { allowLoopback, knowsProvider });
  if ('policy' in parsed) return parsed;
  return { problems: firstProblems(parsed.problems, policyLimits.problemsMax) };
}

/** Actions that can be the last of a request. */
const answering: ReadonlySet<ActionType> = new Set(['ai-gateway', 'custom-response', 'deny', 'redirect']);

function isBuiltIn(name: string): boolean {
  return builtInCatalog.provider(name) !== undefined;
}

function parse(text: string, context: PolicyContext): ReturnType<typeof parsePolicy> {
  const document = readDocument(text);
  if ('problems' in document) return document;
  if (document.value === null) {
    const message = 'the policy is empty; begin it with "on_http_request:" and an action of type ai-gateway';
    return { problems: [problem('ERR_NGROK_2234', [], message)] };
  }
  const read = readRules(document.value, context);
  if ('problems' in read) return read;
  if (
    !read.rules.some(
      ({ phase, actions }) => phase === 'on_http_request' && actions.some(({ type }) => answering.has(type)),
    )
  ) {
    const message = 'the policy needs an action that answers, such as ai-gateway; add it under on_http_request';
    return { problems: [problem('ERR_NGROK_2234', [], message)] };
  }
  const policy = toTrafficPolicy(read.rules);
  const storedBytes = Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(policy));
  if (storedBytes > policyLimits.storedBytesMax) {
    const message = `the policy takes ${storedBytes} bytes, as written and as checked; ${policyLimits.storedBytesMax} is the most; shorten it`;
    return { problems: [problem('ERR_NGROK_2221', [], message)] };
  }
  return { policy };
}

/**
 * A policy that only calls models says so, and costs the request path nothing more.
 */
function toTrafficPolicy(rules: PolicyRule[]): TrafficPolicy {
  const stored = rules.map(({ phase, name, expressions, actions }) => ({
    phase,
    name,
    expressions,
    actions: actions.map(({ type, config }) => ({ type, config }) as PolicyAction),
  }));
  const [rule, anotherRule] = stored;
  const [action, anotherAction] = rule?.actions ?? [];
  const isBare = !anotherRule && !anotherAction && rule?.expressions.length === 0;
  return isBare && action?.type === 'ai-gateway' ? { aiGateway: action.config } : { rules: stored };
}
