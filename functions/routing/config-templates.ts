import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import {
  compileTemplate,
  needsTemplateEngine,
  openTemplateEngine,
  type Template,
  type TemplateScope,
} from '../policy/expressions/template.ts';
import type { EndpointCatalog } from './endpoint-catalog.ts';

/** A secret that a policy names. */
export interface SecretReference {
  vault: string;
  name: string;
}

/** The parts of an `ai-gateway` configuration that may hold `${…}`, compiled. */
export interface ConfigTemplates {
  /** Provider id → its own keys, in the policy's order. */
  apiKeys: ReadonlyMap<string, readonly Template[]>;
  headers: Rendered<Record<string, string>>;
  queryParams: Rendered<Record<string, string>>;
  body: Rendered<Record<string, unknown>>;
  /** Every secret that any of them reads. */
  secrets: readonly SecretReference[];
}

/** Fills the templates in. @throws EvaluationError when one of them fails */
export type Rendered<Value> = (scope: TemplateScope) => Value;

/** The engine for expressions is only loaded when a template has more in it than a secret. */
export async function compileConfigTemplates(
  { headers, query_params, body }: AiGatewayConfig,
  catalog: EndpointCatalog,
): Promise<ConfigTemplates> {
  const apiKeyTexts = catalog.providers.flatMap(({ config }) => config?.api_keys ?? []).map(({ value }) => value);
  const texts = [...apiKeyTexts, ...textsIn([headers, query_params, body])];
  if (texts.some(needsTemplateEngine)) await openTemplateEngine();
  const secrets: SecretReference[] = [];
  const compile = (text: string): Template => {
    const template = compileTemplate(text);
    secrets.push(...(template.secretsUsed ?? []));
    return template;
  };
  const apiKeys = new Map<string, Template[]>();
  for (const { provider, config } of catalog.providers) {
    if (config?.api_keys?.length)
      apiKeys.set(
        provider.id,
        config.api_keys.map(({ value }) => compile(value)),
      );
  }
  return {
    apiKeys,
    headers: compileTexts(headers ?? {}, compile),
    queryParams: compileTexts(query_params ?? {}, compile),
    body: compileValue(body ?? {}, compile) as Rendered<Record<string, unknown>>,
    secrets,
  };
}

/** What a constant needs. */
const noSecrets: TemplateScope = { secrets: { get: () => undefined } };

function compileTexts(
  texts: Readonly<Record<string, unknown>>,
  compile: (text: string) => Template,
): Rendered<Record<string, string>> {
  const templates = Object.entries(texts).map(([name, text]) => [name, compile(String(text))] as const);
  return scope => Object.fromEntries(templates.map(([name, template]) => [name, toText(template.render(scope))]));
}

/** Texts anywhere inside a value are templates; the rest stays as it is. */
function compileValue(value: unknown, compile: (text: string) => Template): Rendered<unknown> {
  if (typeof value === 'string') {
    const template = compile(value);
    return template.isConstant ? constant(template.render(noSecrets)) : scope => template.render(scope);
  }
  if (Array.isArray(value)) {
    const items = value.map(item => compileValue(item, compile));
    return scope => items.map(item => item(scope));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => [name, compileValue(member, compile)] as const);
    return scope => Object.fromEntries(members.map(([name, member]) => [name, member(scope)]));
  }
  return constant(value);
}

function constant<Value>(value: Value): () => Value {
  return () => value;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
