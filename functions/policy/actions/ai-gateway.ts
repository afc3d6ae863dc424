import type { ActionDefinition } from '../action.ts';
import { aiGatewaySchema } from '../ai-gateway-config.ts';
import { checkProviders } from '../check-providers.ts';
import { type Path, type PolicyProblem, problem, show } from '../problems.ts';

/** Answers a request with a model's answer. */
export const aiGateway = {
  type: 'ai-gateway',
  phases: ['on_http_request'],
  config: aiGatewaySchema,
  check: (config, path, context) => [
    ...checkHeaderNames(config.headers, [...path, 'headers']),
    ...checkProviders(config.providers, [...path, 'providers'], context),
  ],
  endsPhase: config => config.on_error === 'halt',
} as const satisfies ActionDefinition<'ai-gateway', typeof aiGatewaySchema>;

function checkHeaderNames(headers: unknown, path: Path): PolicyProblem[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return [];
  const seen = new Map<string, string>();
  return Object.keys(headers).flatMap(header => {
    const other = seen.get(header.toLowerCase());
    seen.set(header.toLowerCase(), header);
    if (other === undefined) return [];
    const message = `${show(header)} is the same header as ${show(other)}; remove one of them`;
    return [problem('ERR_NGROK_2204', [...path, header], message)];
  });
}
