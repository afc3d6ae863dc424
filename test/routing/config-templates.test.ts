import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AiGatewayConfig } from '../../functions/policy/ai-gateway-config.ts';
import { compileConfigTemplates } from '../../functions/routing/config-templates.ts';
import type { EndpointCatalog } from '../../functions/routing/endpoint-catalog.ts';

const catalog = { providers: [] } as unknown as EndpointCatalog;
const scope = { secrets: { get: (vault: string, name: string) => `${vault}/${name}` } };

test('constants are what they render to, in bodies as in headers', async () => {
  const written = { text: `a $\${b}`, list: [`$\${c}`, 1, null], secret: `\${secrets.get('v', 's')}` };
  const config = { headers: { 'x-a': `$\${b}` }, body: written } as unknown as AiGatewayConfig;
  const templates = await compileConfigTemplates(config, catalog);
  assert.deepEqual(templates.body(scope), { text: `a \${b}`, list: [`\${c}`, 1, null], secret: 'v/s' });
  assert.deepEqual(templates.headers(scope), { 'x-a': `\${b}` });
  assert.deepEqual(templates.secrets, [{ vault: 'v', name: 's' }]);
});
