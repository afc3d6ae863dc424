import { GatewayError } from '../core/errors.ts';
import type { SpendLimit } from '../core/key-limit.ts';
import { formatUsd } from '../core/money.ts';
import type { LimitRefusal } from '../store/key-limits.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * Sets a part of the gateway key's limit aside, when it has one; before the balance is touched. A limit has to cover the
 * longest answer that the request asks for.
 * @returns why that was not possible, or undefined
 */
export async function holdLimitFor(
  exchange: Exchange,
  amountNanoUsd: bigint,
  gateway: Gateway,
): Promise<GatewayError | undefined> {
  const { gatewayKey } = exchange.caller;
  if (!gatewayKey?.spendLimit) return undefined;
  const { accountId, id, spendLimit } = gatewayKey;
  const result = await gateway.keyLimits.hold({ accountId, id, spendLimit }, exchange.requestId, amountNanoUsd);
  if (result.status === 'held') {
    exchange.limitHold = result.hold;
    return undefined;
  }
  return new GatewayError('key_limit_reached', describe(result, spendLimit, amountNanoUsd));
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
