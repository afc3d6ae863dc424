import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type AiGatewayConfig, aiGatewaySchema } from './ai-gateway-config.ts';

/** A policy as the gateway runs it; stored as JSON beside the text it came from. */
export interface TrafficPolicy {
  aiGateway: AiGatewayConfig;
}

/** One mistake in a policy document. */
export interface PolicyProblem {
  /** The product's code, such as `ERR_NGROK_2203` for an unknown field. */
  code: string;
  /** Where it is: `on_http_request[0].actions[0].config.providers[1].id`. */
  path: string;
  /** What is wrong and what to write instead. */
  message: string;
}

const policyBytesMax = 256 * 1024;

/**
 * Reads a Traffic Policy document in YAML or JSON.
 * @returns the policy, or every problem found
 */
export function parsePolicy(
  text: string,
  options: { allowLoopback: boolean },
): { policy: TrafficPolicy } | { problems: PolicyProblem[] } {
  if (text.length > policyBytesMax) {
    return { problems: [{ code: 'ERR_NGROK_2221', path: '', message: `the policy is over ${policyBytesMax} bytes` }] };
  }
  const document = parseDocument(text, { maxAliasCount: 0, uniqueKeys: true } as Parameters<typeof parseDocument>[1]);
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => ({ code: 'ERR_NGROK_2236', path: '', message: error.message }));
    return { problems };
  }
  const action = z.strictObject({
    type: z.literal('ai-gateway', { error: issue => `"${String(issue.input)}" is not an action; "ai-gateway" is` }),
    config: aiGatewaySchema(options)
      .nullish()
      .transform(config => config ?? aiGatewaySchema(options).parse({})),
  });
  const rule = z.union([
    z.strictObject({ name: z.string().optional(), actions: z.tuple([action]) }),
    action.transform(single => ({ actions: [single] as const })),
  ]);
  const parsed = z.strictObject({ on_http_request: z.tuple([rule]) }).safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!parsed.success) return { problems: parsed.error.issues.flatMap(toProblems) };
  return { policy: { aiGateway: parsed.data.on_http_request[0].actions[0].config } };
}

const codes: Record<string, string> = {
  unrecognized_keys: 'ERR_NGROK_2203',
  invalid_type: 'ERR_NGROK_2204',
  invalid_union: 'ERR_NGROK_2206',
  too_big: 'ERR_NGROK_2221',
  too_small: 'ERR_NGROK_2223',
};

function toProblems(issue: z.core.$ZodIssue): PolicyProblem[] {
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.reduce((a, b) => (depth(b) > depth(a) ? b : a));
    return deepest.flatMap(inner => toProblems({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [{ code: codes[issue.code] ?? 'ERR_NGROK_2204', path: formatPath(issue.path), message: issue.message }];
}

/** The reading of a union that got furthest is the one that was meant. */
function depth(issues: z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(issue => issue.path.length));
}

function formatPath(path: PropertyKey[]): string {
  return path
    .map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
