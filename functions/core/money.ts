/** Nano-USD in one USD. Every amount inside is a whole number of nano-USD. */
export const nanoUsdPerUsd = 1_000_000_000n;

/** Divides two non-negative numbers and rounds any remainder up. */
export function divideRoundingUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** `1500000000n` becomes `"1.50"`: exact, at least two decimals, no trailing zeros beyond them. */
export function formatUsd(amountNanoUsd: bigint): string {
  const sign = amountNanoUsd < 0n ? '-' : '';
  const absolute = amountNanoUsd < 0n ? -amountNanoUsd : amountNanoUsd;
  const fraction = (absolute % nanoUsdPerUsd).toString().padStart(9, '0').replace(/0+$/, '').padEnd(2, '0');
  return `${sign}${absolute / nanoUsdPerUsd}.${fraction}`;
}

/**
 * Reads a plain decimal such as `"5.00"` as nano-USD.
 * @returns undefined for anything else: signs, exponents, other currencies, more than nine decimals, more than twelve digits
 */
export function parseUsd(text: string): bigint | undefined {
  const match = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return undefined;
  return BigInt(match[1] as string) * nanoUsdPerUsd + BigInt((match[2] ?? '').padEnd(9, '0'));
}
