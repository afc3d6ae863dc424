import type { Price, PriceClasses } from './catalog/price.ts';
import { type Fee, feeFor } from './fee.ts';
import { divideRoundingUp } from './money.ts';
import type { Usage } from './usage.ts';

/** What a request costs the balance: the provider's price and the deployment's fee, each rounded up once. */
export interface Cost {
  upstreamNanoUsd: bigint;
  feeNanoUsd: bigint;
  totalNanoUsd: bigint;
}

/** The most that a request can use, before it is sent. */
export interface UsageBound {
  inputTokens: number;
  outputTokens: number;
}

/** Cost of reported usage. Classes without a price of their own cost what their whole costs. */
export function cost(price: Price, usage: Usage, fee: Fee): Cost {
  const classes = classesFor(price, usage.inputTokens);
  const written = usage.cacheWriteTokens + usage.cacheWriteLongTokens;
  const plainInput = Math.max(0, usage.inputTokens - usage.cachedInputTokens - written - usage.inputAudioTokens);
  const plainOutput = usage.outputTokens - usage.outputAudioTokens;
  const parts: [tokens: number, priceOfClass: bigint][] = [
    [plainInput, classes.input],
    [usage.cachedInputTokens, classes.cachedInput ?? classes.input],
    [usage.cacheWriteTokens, classes.cacheWrite ?? classes.input],
    [usage.cacheWriteLongTokens, classes.cacheWriteLong ?? classes.cacheWrite ?? classes.input],
    [usage.inputAudioTokens, classes.inputAudio ?? classes.input],
    [plainOutput, classes.output],
    [usage.outputAudioTokens, classes.outputAudio ?? classes.output],
  ];
  let millionths = 0n;
  for (const [tokens, priceOfClass] of parts) millionths += BigInt(tokens) * priceOfClass;
  return withFee(divideRoundingUp(millionths, 1_000_000n), usage.inputTokens + usage.outputTokens, fee);
}

/** The most a request can cost on a model: every token at the dearest class and tier that could apply. */
export function costBound(price: Price, bound: UsageBound, fee: Fee): bigint {
  const tiers = [price, ...price.tiers.filter(tier => bound.inputTokens > tier.aboveInputTokens)];
  const inputPrices = tiers.flatMap(tier => [
    tier.input,
    tier.cachedInput ?? 0n,
    tier.cacheWrite ?? 0n,
    tier.cacheWriteLong ?? 0n,
    tier.inputAudio ?? 0n,
  ]);
  const outputPrices = tiers.flatMap(tier => [tier.output, tier.outputAudio ?? 0n]);
  const millionths =
    BigInt(bound.inputTokens) * dearest(inputPrices) + BigInt(bound.outputTokens) * dearest(outputPrices);
  return withFee(divideRoundingUp(millionths, 1_000_000n), bound.inputTokens + bound.outputTokens, fee).totalNanoUsd;
}

function withFee(upstreamNanoUsd: bigint, tokens: number, fee: Fee): Cost {
  const feeNanoUsd = feeFor(fee, upstreamNanoUsd, BigInt(tokens));
  return { upstreamNanoUsd, feeNanoUsd, totalNanoUsd: upstreamNanoUsd + feeNanoUsd };
}

/** A tier's prices replace the base prices for the whole request once its input is above the tier's bound. */
function classesFor(price: Price, inputTokens: number): PriceClasses {
  let classes: PriceClasses = price;
  for (const tier of price.tiers) if (inputTokens > tier.aboveInputTokens) classes = { ...classes, ...tier };
  return classes;
}

function dearest(prices: bigint[]): bigint {
  return prices.reduce((a, b) => (a > b ? a : b));
}
