import type { Usage } from '../../../functions/core/usage.ts';
import type { Surface } from '../../../functions/providers/surface.ts';

/** One shape in which a provider reports usage, and what it means here, counted and priced by hand. */
export interface UsageRow {
  what: string;
  provider: string;
  surface: Surface['name'];
  /** Where the provider documents it. */
  source: string;
  /** A whole answer. */
  answer?: object;
  /** Payloads of a stream's events. */
  events?: (object | string)[];
  /** Classes that are not zero; undefined when nothing believable is reported. */
  usage: Partial<Usage> | undefined;
  /** What one token costs, in nano-USD: $2.50 per million is 2500. */
  price: TokenPrice;
  /** Tokens × price, class by class, in the order of the price. */
  sum: string;
  costNanoUsd: bigint;
}

export interface TokenPrice {
  input: number;
  cachedInput?: number;
  cacheWrite?: number;
  cacheWriteLong?: number;
  inputAudio?: number;
  output: number;
  outputAudio?: number;
}
