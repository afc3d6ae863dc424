import type { Catalog } from '../core/catalog/catalog.ts';
import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import type { MetricsOf } from '../policy/expressions/ai-models.ts';
import type { CompiledRules } from '../policy/run/compile-rules.ts';
import { aiGatewaysOf, type TrafficPolicy } from '../policy/traffic-policy.ts';
import { type ConfigTemplates, compileConfigTemplates } from './config-templates.ts';
import { EndpointCatalog } from './endpoint-catalog.ts';
import type { KeyHealth } from './key-health.ts';
import { keyId, type ProviderKey } from './provider-keys.ts';
import type { KeySelector, ModelSelector } from './selectors.ts';

/** What a policy compiles to, once for each of its versions: only a call of models, or rules around such calls. */
export type CompiledPolicy =
  | { rules: undefined; aiGateway: CompiledAiGateway }
  | { rules: CompiledRules; aiGateways: ReadonlyMap<AiGatewayConfig, CompiledAiGateway> };

/** An `ai-gateway` action, ready to answer. */
export interface CompiledAiGateway {
  config: AiGatewayConfig;
  catalog: EndpointCatalog;
  templates: ConfigTemplates;
  modelSelectors: readonly ModelSelector[];
  keySelectors: readonly KeySelector[];
}

export interface CompileParts {
  catalog: Catalog;
  metrics: MetricsOf;
  keyHealth: KeyHealth;
  random: () => number;
}

/** Whether it matters to a policy how models did lately. */
export function usesStrategies(policy: CompiledPolicy): boolean {
  const aiGateways = policy.rules ? [...policy.aiGateways.values()] : [policy.aiGateway];
  return aiGateways.some(({ modelSelectors }) => modelSelectors.length > 0);
}

/** Compiles a stored policy. The engines for rules and for expressions are only loaded for policies that have any. */
export async function compilePolicy(compiledPolicy: string, parts: CompileParts): Promise<CompiledPolicy> {
  const policy: TrafficPolicy = JSON.parse(compiledPolicy);
  if ('aiGateway' in policy) {
    return { rules: undefined, aiGateway: await compileAiGateway(policy.aiGateway, parts) };
  }
  const { compileRules } = await import('../policy/run/compile-rules.ts');
  const aiGateways = new Map<AiGatewayConfig, CompiledAiGateway>();
  for (const config of aiGatewaysOf(policy)) aiGateways.set(config, await compileAiGateway(config, parts));
  return { rules: await compileRules(policy.rules), aiGateways };
}

async function compileAiGateway(config: AiGatewayConfig, parts: CompileParts): Promise<CompiledAiGateway> {
  const catalog = new EndpointCatalog(parts.catalog, config);
  const modelSources = config.model_selection?.strategy ?? [];
  const keySources = config.api_key_selection?.strategy ?? [];
  const templates = await compileConfigTemplates(config, catalog);
  const compiled = { config, catalog, templates, modelSelectors: [], keySelectors: [] };
  if (modelSources.length === 0 && keySources.length === 0) return compiled;
  const { compileKeyStrategy, compileModelStrategy } = await import('../policy/expressions/compile-strategy.ts');
  const { createAiModels } = await import('../policy/expressions/ai-models.ts');
  const providers = catalog.providers.map(({ provider }) => provider);
  const { authors } = catalog;
  return {
    ...compiled,
    modelSelectors: modelSources.map(source => {
      const strategy = compileModelStrategy(source);
      const select: ModelSelector['select'] = models =>
        strategy.select(createAiModels({ models, providers, authors, metrics: parts.metrics, random: parts.random }));
      return { source, select };
    }),
    keySelectors: keySources.map(source => {
      const strategy = compileKeyStrategy(source);
      const select = (keys: readonly ProviderKey[]) => {
        const views = keys.map(({ value }) => ({ id: keyId(value), value, ...parts.keyHealth.of(keyId(value)) }));
        const keyOf = new Map(views.map((view, index) => [view.id, keys[index] as ProviderKey]));
        return strategy.select(views, parts.random).flatMap(({ id }) => keyOf.get(id) ?? []);
      };
      return { source, select };
    }),
  };
}
