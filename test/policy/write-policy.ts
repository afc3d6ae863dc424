/** Where the config is in the policies below. */
export const configPath = 'on_http_request[0].actions[0].config';

/** A policy whose `ai-gateway` action has the config that is given as lines of YAML. */
export function policyWith(config: string): string {
  const lines = config.split('\n').map(line => `          ${line}`);
  return ['on_http_request:', '  - actions:', '      - type: ai-gateway', '        config:', ...lines].join('\n');
}

/** The same with a provider that is called `own`. */
export function policyWithProvider(fields: string): string {
  const lines = fields.split('\n').map(line => `    ${line}`);
  return policyWith(['providers:', '  - id: own', '    base_url: https://own.example', ...lines].join('\n'));
}

export const providerPath = `${configPath}.providers[0]`;
