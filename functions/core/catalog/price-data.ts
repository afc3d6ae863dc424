import type { Price, PriceClass, PriceClasses } from './price.ts';

type ClassesData = Pick<{ [Class in PriceClass]: number }, 'input' | 'output'> & { [Class in PriceClass]?: number };

/** A price as JSON holds it: the same whole numbers of nano-USD per million tokens, far below 2^53. */
export interface PriceData extends ClassesData {
  tiers?: readonly TierData[];
}

export interface TierData extends ClassesData {
  aboveInputTokens: number;
}

/** @throws RangeError when a number is not whole */
export function toPrice({ tiers = [], ...classes }: PriceData): Price {
  return {
    ...toClasses(classes),
    tiers: tiers.map(({ aboveInputTokens, ...tier }) => ({ aboveInputTokens, ...toClasses(tier) })),
  };
}

function toClasses(data: ClassesData): PriceClasses {
  const classes = Object.entries(data).map(([name, price]) => [name, BigInt(price)]);
  return Object.fromEntries(classes) as PriceClasses;
}
