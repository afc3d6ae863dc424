import { GatewayError } from '../core/errors.ts';
import type { SpendLimit } from '../core/key-limit.ts';
import { formatUsd } from '../core/money.ts';
import { roundDownToHoldUnit } from '../store/balance-item.ts';
import type { LimitRefusal } from '../store/key-limits.ts';
import type { Wanted } from '../store/wanted.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * Sets a part of the gateway key's limit aside, when it has one; before the balance is touched. Where the limit does not
 * leave room for the longest answer, what is left of it has to do, as with the balance.
 * @returns what may be asked of the balance, or why nothing may
 */
export async function holdLimitFor(
  exchange: Exchange,
  wanted: Wanted,
  gateway: Gateway,
): Promise<Wanted | GatewayError> {
  const { gatewayKey } = exchange.caller;
  if (!gatewayKey?.spendLimit) return wanted;
  const { accountId, id, spendLimit } = gatewayKey;
  const key = { accountId, id, spendLimit };
  const amounts = [wanted.amountNanoUsd];
  for (const amountNanoUsd of amounts) {
    const result = await gateway.keyLimits.hold(key, exchange.requestId, amountNanoUsd);
    if (result.status === 'held') {
      exchange.limitHold = result.hold;
      return { ...wanted, amountNanoUsd };
    }
    const wholeNanoUsd = roundDownToHoldUnit(result.limitNanoUsd - result.spentNanoUsd - result.heldNanoUsd);
    if (amounts.length > 1 || wholeNanoUsd < wanted.leastNanoUsd) {
      return new GatewayError('key_limit_reached', describe(result, spendLimit, wanted.amountNanoUsd));
    }
    amounts.push(wholeNanoUsd);
  }
  throw new Error('a hold of a limit is either made or refused');
}

/** Gives the part back at once, because the balance has refused. */
export async function releaseLimit(exchange: Exchange, gateway: Gateway): Promise<void> {
  if (!exchange.limitHold) return;
  await gateway.keyLimits.release(exchange.limitHold);
  exchange.limitHold = undefined;
}

function describe(refusal: LimitRefusal, { period }: SpendLimit, neededNanoUsd: bigint): string {
  const limit = `${formatUsd(refusal.limitNanoUsd)} USD ${periods[period]}`;
  const used = `${formatUsd(refusal.spentNanoUsd)} USD are spent and ${formatUsd(refusal.heldNanoUsd)} USD set aside`;
  const wait = refusal.renewsAtMs === undefined ? '' : `, or wait until ${new Date(refusal.renewsAtMs).toISOString()}`;
  return `This AI Gateway API key may spend ${limit}: ${used}, and this request may cost up to ${formatUsd(neededNanoUsd)} USD; raise the key's spend_limit, lower max_completion_tokens${wait}`;
}

const periods: Record<SpendLimit['period'], string> = {
  total: 'in total',
  daily: 'a day (UTC)',
  monthly: 'a month (UTC)',
};
