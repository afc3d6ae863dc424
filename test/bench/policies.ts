import { createCatalog } from '../../functions/core/catalog/catalog.ts';
import {
  compileRuleExpression,
  compileValueExpression,
} from '../../functions/policy/expressions/compile-rule-expression.ts';
import { EvaluationError } from '../../functions/policy/expressions/expression-error.ts';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import { surfaceAt } from '../../functions/providers/surfaces.ts';
import { compilePolicy } from '../../functions/routing/compile-policy.ts';
import { KeyHealth } from '../../functions/routing/key-health.ts';
import { resolveCandidates } from '../../functions/routing/resolve-candidates.ts';
import { brokenPolicies } from '../policy/broken-policies.ts';
import { hostileExpressions, hostileFacts } from '../policy/expressions/hostile-expressions.ts';
import { facts } from '../policy/expressions/policy-fixture.ts';
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
  return [
    ...rows,
    row(`worst of ${brokenPolicies.length} broken policies (${worst.what})`, worst.ms, 'ms', 100),
    ...expressionRows(),
    ...patternRows(),
  ];
}

/** A rule as most policies have one, and the worst of the expressions that a policy and a client could make together. */
function expressionRows(): BenchRow[] {
  const rule = compileRuleExpression("req.headers['x-priority'][0] == 'high'", 'on_http_request');
  const secrets = { get: () => undefined };
  const holds = () => rule.holds({ secrets, facts: facts() });
  cpuMsOf(1_000, holds);
  const attempt = (source: string) => {
    try {
      compileValueExpression(source, 'on_http_request').evaluate({ secrets, facts: facts(hostileFacts) });
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
    }
  };
  const hostile = Object.entries(hostileExpressions).map(([what, source]) => ({
    what,
    ms: cpuMsOf(1, () => attempt(source)),
  }));
  const worst = hostile.reduce((a, b) => (a.ms > b.ms ? a : b));
  return [
    row('deciding a rule by a header', cpuMsOf(10_000, holds), 'ms', 0.1),
    row(`worst of ${hostile.length} hostile expressions (${worst.what})`, worst.ms, 'ms', 100),
  ];
}

async function resolutionRow(what: string, strategy: string[] | undefined): Promise<BenchRow> {
  const config = { total_timeout: 1, per_request_timeout: 1, on_error: 'halt', providers: [] };
  const policy = { aiGateway: { ...config, ...(strategy && { model_selection: { strategy } }) } };
  const parts = { catalog, metrics: () => undefined, random: Math.random, keyHealth: new KeyHealth(Date.now) };
  const compiled = await compilePolicy(JSON.stringify(policy), parts);
  if (compiled.rules) throw new Error('a policy that only calls models has rules');
  const { aiGateway } = compiled;
  const surface = surfaceAt('/v1/chat/completions');
  if (!surface) throw new Error('chat completions are not served');
  const resolve = () => resolveCandidates({ surface, modelNames: [] }, aiGateway.catalog, aiGateway.modelSelectors);
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
