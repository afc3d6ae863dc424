import type { Price, PriceClass, PriceClasses } from './catalog/price.ts';
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
  /** Classes that none of its tokens can be of, such as audio in a request without any. */
  without?: readonly PriceClass[];
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

const inputClasses = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWriteLong',
  'inputAudio',
  'cachedInputAudio',
] as const;
const outputClasses = ['output', 'outputAudio'] as const;

/**
 * The most a request can cost on a model: every token at the dearest class and tier that could apply. More tokens never
 * cost less.
 */
export function costBound(price: Price, bound: UsageBound, fee: Fee): bigint {
  const { input, output } = dearestPrices(price, bound);
  const millionths = BigInt(bound.inputTokens) * input + BigInt(bound.outputTokens) * output;
  return withFee(divideRoundingUp(millionths, 1_000_000n), bound.inputTokens + bound.outputTokens, fee).totalNanoUsd;
}

/**
 * How many output tokens, of those in the bound, a request can have and still cost no more than the amount.
 * @returns undefined when its input alone costs more
 */
export function outputTokensWithin(
  price: Price,
  bound: UsageBound,
  fee: Fee,
  amountNanoUsd: bigint,
): number | undefined {
  const fits = (outputTokens: number) => costBound(price, { ...bound, outputTokens }, fee) <= amountNanoUsd;
  if (!fits(0)) return undefined;
  // Halving finds the same number as division would, and keeps it right through two roundings and the fee.
  let most = 0;
  let tooMany = bound.outputTokens + 1;
  while (tooMany - most > 1) {
    const middle = most + Math.floor((tooMany - most) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return most;
}

function dearestPrices(price: Price, { inputTokens, without = [] }: UsageBound): { input: bigint; output: bigint } {
  const tiers = [price, ...price.tiers.filter(tier => inputTokens > tier.aboveInputTokens)];
  const dearest = (classes: readonly PriceClass[]) =>
    tiers
      .flatMap(tier => classes.map(name => (without.includes(name) ? 0n : (tier[name] ?? 0n))))
      .reduce((a, b) => (a > b ? a : b));
  return { input: dearest(inputClasses), output: dearest(outputClasses) };
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
