/**
 * Prices of one model, in whole nano-USD per million tokens: $0.15 per million is `150_000_000n`.
 * A class without a price of its own costs what the tokens it is part of cost. Fees per tool call are not included.
 */
export interface PriceClasses {
  input: bigint;
  output: bigint;
  /** Read from the provider's prompt cache. */
  cachedInput?: bigint;
  /** Written to a cache entry that lives five minutes, or as long as the provider keeps it. */
  cacheWrite?: bigint;
  /** Written to a cache entry that lives an hour. */
  cacheWriteLong?: bigint;
  inputAudio?: bigint;
  cachedInputAudio?: bigint;
  outputAudio?: bigint;
}

export interface Price extends PriceClasses {
  /** Long-context prices, lowest bound first; usually empty. */
  tiers: readonly PriceTier[];
}

/**
 * Once all input of a request together is above `aboveInputTokens`, every token of the request, output included, costs
 * the tier's price; the highest such tier applies. This is how genai-prices computes its `tiers` and how OpenAI and
 * Google describe long-context prices.
 * @see https://ai.google.dev/gemini-api/docs/pricing
 */
export interface PriceTier extends PriceClasses {
  aboveInputTokens: number;
}

export type PriceClass = keyof PriceClasses;
