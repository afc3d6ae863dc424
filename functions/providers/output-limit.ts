import { GatewayError } from '../core/errors.ts';
import type { RequestBody } from './surface.ts';

/** More tokens than any model writes, and few enough to multiply by choices. */
const tokensMax = 1_000_000_000;

/**
 * The largest of the limits that a client set; what both members of a pair allow, one of them does.
 * @throws GatewayError ERR_NGROK_3801 for a limit that is not a whole number of at least 1
 */
export function readOutputLimit(body: RequestBody, members: readonly string[]): number | undefined {
  let largest: number | undefined;
  for (const member of members) {
    const value = body[member];
    if (value === undefined || value === null) continue;
    if (!isLimit(value)) {
      throw new GatewayError(
        'ERR_NGROK_3801',
        `"${member}" is ${show(value)}; send a whole number from 1 to ${tokensMax}, or leave it out`,
      );
    }
    largest = Math.max(largest ?? 0, value);
  }
  return largest;
}

/** Members that lower the client's own limits to `tokens`, or set `preferred` when it has none. */
export function lowerOutputLimit(
  body: RequestBody,
  members: readonly string[],
  tokens: number,
  preferred: string,
): Record<string, unknown> {
  const lowered: Record<string, unknown> = {};
  let isLimited = false;
  for (const member of members) {
    const value = body[member];
    if (value === undefined || value === null) continue;
    isLimited = true;
    if (!isLimit(value) || value > tokens) lowered[member] = tokens;
  }
  return isLimited ? lowered : { [preferred]: tokens };
}

function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= tokensMax;
}

/** Enough of a wrong value to recognise it. */
function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
