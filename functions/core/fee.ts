import { divideRoundingUp, parseUsd } from './money.ts';

/** The deployment's own charge on top of the provider's price; zero unless configured. */
export interface Fee {
  /** Millionths of the provider's cost: 5 % is 50,000. */
  partsPerMillion: bigint;
  /** Nano-USD per million tokens, input and output alike. */
  perMillionTokensNanoUsd: bigint;
}

export const noFee: Fee = { partsPerMillion: 0n, perMillionTokensNanoUsd: 0n };

/**
 * Reads `5%`, `0.05/M` (USD per million tokens) or both as `5%+0.05/M`.
 * @returns undefined when the text is none of these
 */
export function parseFee(text: string): Fee | undefined {
  const match = /^(?:(\d{1,3}(?:\.\d{1,4})?)%)?(?:(^|\+)(\d[\d.]*)\/M)?$/.exec(text.replaceAll(' ', ''));
  if (!match || (match[1] === undefined && match[3] === undefined)) return undefined;
  const percent = parseUsd(match[1] ?? '0');
  const perMillionTokensNanoUsd = parseUsd(match[3] ?? '0');
  if (percent === undefined || perMillionTokensNanoUsd === undefined) return undefined;
  return { partsPerMillion: percent / 100_000n, perMillionTokensNanoUsd };
}

/** The fee on one request in nano-USD, rounded up once. */
export function feeFor(fee: Fee, costNanoUsd: bigint, tokens: bigint): bigint {
  return divideRoundingUp(costNanoUsd * fee.partsPerMillion + tokens * fee.perMillionTokensNanoUsd, 1_000_000n);
}
