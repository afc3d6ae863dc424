import type { Price } from '../../core/catalog/price.ts';
import { formatUsd } from '../../core/money.ts';
import { type CelType, declareType, type Field } from './cel-type.ts';

/** USD per million tokens; null where a model has no such price. */
export interface UsdPrices {
  input: number | null;
  output: number | null;
  cacheWrite: number | null;
  cacheRead: number | null;
}

export function usdPrices(price: Price | null): UsdPrices {
  return {
    input: toUsd(price?.input),
    output: toUsd(price?.output),
    cacheWrite: toUsd(price?.cacheWrite),
    cacheRead: toUsd(price?.cachedInput),
  };
}

/** The double nearest to the exact price: $0.15 is 0.15. */
function toUsd(nanoUsd: bigint | undefined): number | null {
  return nanoUsd === undefined ? null : Number(formatUsd(nanoUsd));
}

/** The catalog lists no prices of batches and tools. */
const unlisted = () => null;

/** Prices by the names that `underCost` takes. */
export const priceTypes: ReadonlyMap<string, (usd: UsdPrices) => number | null> = new Map([
  ['text.input', usd => usd.input],
  ['text.output', usd => usd.output],
  ['text.input_cache_write', usd => usd.cacheWrite],
  ['text.input_cache_read', usd => usd.cacheRead],
  ['text.input_batch', unlisted],
  ['text.output_batch', unlisted],
  ['tools.web_search.per_search_call', unlisted],
  ['tools.code_interpreter.per_execution_call', unlisted],
  ['tools.file_search.per_storage_gb', unlisted],
  ['tools.image_generation.per_image_generation', unlisted],
] satisfies [string, (usd: UsdPrices) => number | null][]);

/** A class for a CEL type: the engine tells types by their class. */
function pricesClass() {
  return class {
    readonly usd: UsdPrices;

    constructor(usd: UsdPrices) {
      this.usd = usd;
    }
  };
}

/** `m.pricing`. */
export const PricingView = pricesClass();
const TextPricing = pricesClass();
const ToolPricing = pricesClass();
const WebSearchPricing = pricesClass();
const CodeInterpreterPricing = pricesClass();
const FileSearchPricing = pricesClass();
const ImageGenerationPricing = pricesClass();

function price(type: string): Field<{ usd: UsdPrices }> {
  const read = priceTypes.get(type) as (usd: UsdPrices) => number | null;
  return ['dyn', ({ usd }) => read(usd)];
}

/** Types of all that `m.pricing` leads to, each after those its fields name. */
export const pricingTypes: readonly CelType[] = [
  declareType('TextPricing', 'pricing.text', TextPricing, {
    input: price('text.input'),
    output: price('text.output'),
    input_cache_write: price('text.input_cache_write'),
    input_cache_read: price('text.input_cache_read'),
    input_batch: price('text.input_batch'),
    output_batch: price('text.output_batch'),
  }),
  declareType('WebSearchPricing', 'pricing.tools.web_search', WebSearchPricing, {
    per_search_call: price('tools.web_search.per_search_call'),
  }),
  declareType('CodeInterpreterPricing', 'pricing.tools.code_interpreter', CodeInterpreterPricing, {
    per_execution_call: price('tools.code_interpreter.per_execution_call'),
  }),
  declareType('FileSearchPricing', 'pricing.tools.file_search', FileSearchPricing, {
    per_storage_gb: price('tools.file_search.per_storage_gb'),
  }),
  declareType('ImageGenerationPricing', 'pricing.tools.image_generation', ImageGenerationPricing, {
    per_image_generation: price('tools.image_generation.per_image_generation'),
  }),
  declareType('ToolPricing', 'pricing.tools', ToolPricing, {
    web_search: ['WebSearchPricing', ({ usd }) => new WebSearchPricing(usd)],
    code_interpreter: ['CodeInterpreterPricing', ({ usd }) => new CodeInterpreterPricing(usd)],
    file_search: ['FileSearchPricing', ({ usd }) => new FileSearchPricing(usd)],
    image_generation: ['ImageGenerationPricing', ({ usd }) => new ImageGenerationPricing(usd)],
  }),
  declareType('Pricing', 'pricing', PricingView, {
    input: price('text.input'),
    output: price('text.output'),
    text: ['TextPricing', ({ usd }) => new TextPricing(usd)],
    tools: ['ToolPricing', ({ usd }) => new ToolPricing(usd)],
  }),
];
