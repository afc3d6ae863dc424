import { builtInCatalog } from '../core/catalog/built-in-catalog.ts';
import type { AiGatewayConfig } from './ai-gateway-config.ts';
import type { PolicyContext } from './check-providers.ts';
import { type PolicyRule, readRules } from './document.ts';
import { policyLimits } from './limits.ts';
import { firstProblems, type PolicyProblem, problem } from './problems.ts';
import { readDocument } from './read-document.ts';

export type { PolicyProblem, PolicyProblemCode } from './problems.ts';

/** A policy as the gateway runs it; stored as JSON beside the text it came from. */
export interface TrafficPolicy {
  aiGateway: AiGatewayConfig;
}

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
  const result = takeSoleAiGateway(read.rules);
  if ('problems' in result) return result;
  const storedBytes = Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(result.policy));
  if (storedBytes > policyLimits.storedBytesMax) {
    const message = `the policy takes ${storedBytes} bytes, as written and as checked; ${policyLimits.storedBytesMax} is the most; shorten it`;
    return { problems: [problem('ERR_NGROK_2221', [], message)] };
  }
  return result;
}

/** What can run today: one `ai-gateway` action, for every request. */
function takeSoleAiGateway(rules: PolicyRule[]): { policy: TrafficPolicy } | { problems: PolicyProblem[] } {
  const conditional = rules.filter(({ expressions }) => expressions.length > 0);
  if (conditional.length > 0) {
    const message = 'expressions are not supported yet; remove them, so that the rule applies to every request';
    return { problems: conditional.map(({ path }) => problem('ERR_NGROK_2203', [...path, 'expressions'], message)) };
  }
  const [action, another] = rules.flatMap(({ actions }) => actions);
  if (another) {
    const message = 'a policy can have one ai-gateway action; remove the others';
    return { problems: [problem('ERR_NGROK_2266', another.path, message)] };
  }
  if (!action) {
    const message = 'the policy needs an action of type ai-gateway; add it under on_http_request';
    return { problems: [problem('ERR_NGROK_2234', [], message)] };
  }
  return { policy: { aiGateway: action.config } };
}
