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

/** Tokens of one class and their price, in nano-USD per million tokens as text. */
export interface CostLine {
  class: PriceClass;
  tokens: number;
  nanoUsdPerMillion: string;
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
  let millionths = 0n;
  for (const { tokens, price: priceOfClass } of partsOf(price, usage)) millionths += BigInt(tokens) * priceOfClass;
  return withFee(divideRoundingUp(millionths, 1_000_000n), usage.inputTokens + usage.outputTokens, fee);
}

/** How the provider's price comes about: the sum of the lines, rounded up once, is `cost`'s `upstreamNanoUsd`. */
export function costLines(price: Price, usage: Usage): CostLine[] {
  return partsOf(price, usage)
    .filter(({ tokens }) => tokens > 0)
    .map(({ name, tokens, price: priceOfClass }) => ({
      class: name,
      tokens,
      nanoUsdPerMillion: priceOfClass.toString(),
    }));
}

/** Tokens of a usage by class, each counted once. */
function partsOf(price: Price, usage: Usage): { name: PriceClass; tokens: number; price: bigint }[] {
  const classes = classesFor(price, usage.inputTokens);
  const { cacheWriteTokens, cacheWriteLongTokens } = usage;
  const written = cacheWriteTokens + cacheWriteLongTokens;
  const plainInput = Math.max(0, usage.inputTokens - usage.cachedInputTokens - written - usage.inputAudioTokens);
  const cacheWrite = classes.cacheWrite ?? classes.input;
  return [
    { name: 'input', tokens: plainInput, price: classes.input },
    { name: 'cachedInput', tokens: usage.cachedInputTokens, price: classes.cachedInput ?? classes.input },
    { name: 'cacheWrite', tokens: cacheWriteTokens, price: cacheWrite },
    { name: 'cacheWriteLong', tokens: cacheWriteLongTokens, price: classes.cacheWriteLong ?? cacheWrite },
    { name: 'inputAudio', tokens: usage.inputAudioTokens, price: classes.inputAudio ?? classes.input },
    { name: 'output', tokens: usage.outputTokens - usage.outputAudioTokens, price: classes.output },
    { name: 'outputAudio', tokens: usage.outputAudioTokens, price: classes.outputAudio ?? classes.output },
  ];
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
