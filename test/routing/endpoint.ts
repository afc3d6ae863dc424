import { createCatalog, type ProviderData } from '../../functions/core/catalog/catalog.ts';
import type { AiGatewayConfig } from '../../functions/policy/ai-gateway-config.ts';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import { aiGatewaysOf } from '../../functions/policy/traffic-policy.ts';
import { EndpointCatalog } from '../../functions/routing/endpoint-catalog.ts';

/** Two providers of one format and one of the other; `shared` is offered by two of them. */
const providers: ProviderData[] = [
  {
    id: 'beta',
    aliases: ['second'],
    baseUrl: 'https://beta.example/v1',
    managed: true,
    models: [
      { id: 'shared', authorId: 'maker', price: { input: 1_000_000_000, output: 2_000_000_000 } },
      { id: 'b-1' },
    ],
  },
  {
    id: 'alpha',
    aliases: ['first'],
    baseUrl: 'https://alpha.example/v1',
    models: [{ id: 'a-1', aliases: ['a-one'] }, { id: 'shared' }, { id: 'team/a-2' }],
  },
  { id: 'claudia', baseUrl: 'https://claudia.example/v1', formats: ['anthropic'], models: [{ id: 'c-1' }] },
];

export const testCatalog = createCatalog({ version: 'v1', authors: [], providers });

/** The configuration of an `ai-gateway` action as a policy is saved and loaded. */
export function configOf(yaml: string): AiGatewayConfig {
  const document = `on_http_request:\n  - actions:\n      - type: ai-gateway\n        config:\n${indent(yaml, 10)}`;
  const parsed = parsePolicy(document, {
    allowLoopback: true,
    knowsProvider: id => testCatalog.provider(id) !== undefined,
  });
  if (!('policy' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return JSON.parse(JSON.stringify(aiGatewaysOf(parsed.policy)[0]));
}

export function endpointCatalog(yaml = '{}'): EndpointCatalog {
  return new EndpointCatalog(testCatalog, configOf(yaml));
}

function indent(text: string, spaces: number): string {
  return text.replace(/^/gm, ' '.repeat(spaces));
}
