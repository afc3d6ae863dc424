import { parseUsd } from '../money.ts';
import type { PriceClass } from './price.ts';
import type { PriceData, TierData } from './price-data.ts';

/** Prices of one model as genai-prices states them: numbers are USD per million tokens. */
export interface GenaiPrices {
  [priceKey: string]: number | { base: number; tiers: readonly { start: number; price: number }[] } | undefined;
}

/** Prices that hold from a day on, or at certain hours of every day (UTC). */
export interface GenaiConditionalPrices {
  constraint?: { type: 'start_date'; start_date: string } | { type: 'time_of_date' };
  prices: GenaiPrices;
}

const classOfKey: Record<string, PriceClass> = {
  input_mtok: 'input',
  cache_read_mtok: 'cachedInput',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'cacheWriteLong',
  output_mtok: 'output',
  input_audio_mtok: 'inputAudio',
  cache_audio_read_mtok: 'cachedInputAudio',
  output_audio_mtok: 'outputAudio',
};

/** Fees per call of a tool that runs at the provider: not part of a price per token. */
const ignoredKeys = new Set(['web_searches_kcount', 'storage_searches_kcount']);

/**
 * The price in force on a day. Where it depends on the hour, each class has its dearest price, because money is set aside
 * before the provider decides which hour counts. The five-minute cache write is `cache_write_mtok`, the hour's
 * `cache_write_1h_mtok` (twice the input price at Anthropic). A model that only takes input, such as embeddings, has output 0.
 * @param day `2026-11-24`
 * @throws RangeError for a price key or a number that this function does not understand
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-caching for cache writes
 */
export function priceFromGenai(prices: GenaiPrices | readonly GenaiConditionalPrices[], day: string): PriceData | null {
  const alternatives = isConditional(prices) ? pricesOn(prices, day).map(toPriceData) : [toPriceData(prices)];
  const [first, ...others] = alternatives.filter(price => price !== null);
  return first ? others.reduce(dearest, first) : null;
}

/** Days after `day` from which other prices hold, earliest first. */
export function laterPriceChanges(prices: GenaiPrices | readonly GenaiConditionalPrices[], day: string): string[] {
  if (!isConditional(prices)) return [];
  return prices.flatMap(({ constraint }) =>
    constraint?.type === 'start_date' && constraint.start_date > day ? [constraint.start_date] : [],
  );
}

function isConditional(
  prices: GenaiPrices | readonly GenaiConditionalPrices[],
): prices is readonly GenaiConditionalPrices[] {
  return Array.isArray(prices);
}

/** The last prices that began by `day`, and all that depend on the hour. */
function pricesOn(prices: readonly GenaiConditionalPrices[], day: string): GenaiPrices[] {
  const hourly = prices.filter(({ constraint }) => constraint?.type === 'time_of_date');
  const started = prices.filter(
    ({ constraint }) => !constraint || (constraint.type === 'start_date' && constraint.start_date <= day),
  );
  return [...started.slice(-1), ...hourly].map(({ prices }) => prices);
}

function toPriceData(prices: GenaiPrices): PriceData | null {
  const base: Partial<Record<PriceClass, number>> = {};
  const tiers = new Map<number, Partial<Record<PriceClass, number>>>();
  for (const [key, price] of Object.entries(prices)) {
    if (price === undefined || ignoredKeys.has(key)) continue;
    const priceClass = classOfKey[key];
    if (!priceClass)
      throw new RangeError(`genai-prices has a price "${key}" that the catalog does not know; add its class`);
    base[priceClass] = toNanoUsd(typeof price === 'number' ? price : price.base);
    for (const tier of typeof price === 'number' ? [] : price.tiers) {
      tiers.set(tier.start, { ...tiers.get(tier.start), [priceClass]: toNanoUsd(tier.price) });
    }
  }
  if (base.input === undefined) return null;
  const classes = { ...base, input: base.input, output: base.output ?? 0 };
  if (tiers.size === 0) return classes;
  let below = classes;
  const ascending = [...tiers].sort(([a], [b]) => a - b);
  return {
    ...classes,
    tiers: ascending.map(([aboveInputTokens, tier]): TierData => {
      below = { ...below, ...tier };
      return { aboveInputTokens, ...below };
    }),
  };
}

/** Exact: the shortest decimal that means the number is the one in the price list. */
function toNanoUsd(usd: number): number {
  const nanoUsd = parseUsd(String(usd));
  if (nanoUsd === undefined) throw new RangeError(`${usd} USD is no whole number of nano-USD`);
  return Number(nanoUsd);
}

function dearest(a: PriceData, b: PriceData): PriceData {
  if (a.tiers?.length || b.tiers?.length)
    throw new RangeError('prices that depend on the hour and on the input are not known');
  const classes = { ...a, ...b };
  for (const name of Object.values(classOfKey)) {
    const prices = [a[name], b[name]].filter(price => price !== undefined);
    if (prices.length > 0) classes[name] = Math.max(...prices);
  }
  return classes;
}
