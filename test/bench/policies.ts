import { createCatalog } from '../../functions/core/catalog/catalog.ts';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import { surfaceAt } from '../../functions/providers/surfaces.ts';
import { compilePolicy } from '../../functions/routing/compile-policy.ts';
import { KeyHealth } from '../../functions/routing/key-health.ts';
import { resolveCandidates } from '../../functions/routing/resolve-candidates.ts';
import { brokenPolicies } from '../policy/broken-policies.ts';
import { patternRows } from './patterns.ts';
import { type BenchRow, row } from './report.ts';

/** Ten providers of fifty models each. */
const catalog = createCatalog({
  version: 'bench',
  authors: [],
  providers: Array.from({ length: 10 }, (_, provider) => ({
    id: `p${provider}`,
    baseUrl: 'https://provider.example/v1',
    models: Array.from({ length: 50 }, (_, model) => ({
      id: `m${provider}-${model}`,
      price: { input: 1_000_000 * (model + 1), output: 1_000_000 },
    })),
  })),
});

const strategies: [what: string, strategy: string[] | undefined][] = [
  ['without strategies', undefined],
  ['filter by provider', ["ai.models.filter(m, m.provider_id == 'p3')"]],
  ['filter by metrics', ['ai.models.filter(m, m.metrics.global.latency.upstream_ms_avg < 1000)']],
  ['cheapest first', ["ai.models.sortBy('price')"]],
];

/** Choosing among 500 models, reading the worst of the policies that must be refused, and patterns; CPU time of this process. */
export async function policyRows(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [what, strategy] of strategies) rows.push(await resolutionRow(what, strategy));
  const worst = brokenPolicies
    .map(({ name, text }) => ({ what: name, ms: cpuMsOf(1, () => parsePolicy(text, { allowLoopback: false })) }))
    .reduce((a, b) => (a.ms > b.ms ? a : b));
  rows.push(row(`worst of ${brokenPolicies.length} broken policies (${worst.what})`, worst.ms, 'ms', 100));
  return [...rows, ...patternRows()];
}

async function resolutionRow(what: string, strategy: string[] | undefined): Promise<BenchRow> {
  const config = { total_timeout: 1, per_request_timeout: 1, on_error: 'halt', providers: [] };
  const policy = { aiGateway: { ...config, ...(strategy && { model_selection: { strategy } }) } };
  const parts = { catalog, metrics: () => undefined, random: Math.random, keyHealth: new KeyHealth(Date.now) };
  const compiled = await compilePolicy(JSON.stringify(policy), parts);
  const surface = surfaceAt('/v1/chat/completions');
  if (!surface) throw new Error('chat completions are not served');
  const resolve = () => resolveCandidates({ surface, modelNames: [] }, compiled.catalog, compiled.modelSelectors);
  cpuMsOf(300, resolve);
  return row(`choosing among 500 models, ${what}`, cpuMsOf(1_000, resolve), 'ms', 1);
}

function cpuMsOf(times: number, work: () => unknown): number {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / times;
}

if (import.meta.main) console.table(await policyRows());
