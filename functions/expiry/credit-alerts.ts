import type { Balance } from '../core/balance.ts';
import { totalOf } from '../core/balance-moves.ts';
import type { Clock } from '../core/clock.ts';
import { formatUsd } from '../core/money.ts';
import { toAlertEvent } from '../events/alert-event.ts';
import type { EventWriter } from '../events/event-writer.ts';
import { findAccount } from '../store/accounts.ts';
import type { Store } from '../store/dynamo.ts';
import { readNotice, writeNotice } from '../store/notices.ts';

/** Less than a tenth of a cent pays for hardly any request. */
const exhaustedBelowNanoUsd = 1_000_000n;

const daySeconds = 86_400;

/** How long before its end an account hears of a lot, the shortest first. */
const expiryStages = [
  { name: '1d', seconds: daySeconds },
  { name: '7d', seconds: 7 * daySeconds },
] as const;

/** An account whose balance has not changed is looked at again after this: its threshold may have. */
const lookAgainMs = 60 * 60_000;

export interface CreditAlertParts {
  store: Store;
  writer: EventWriter;
  now: Clock;
}

/** Tells accounts that their credits are low, gone, or about to end. Each crossing of a threshold is told once. */
export class CreditAlerts {
  private readonly store: Store;
  private readonly writer: EventWriter;
  private readonly now: Clock;
  /** Account → what was last looked at, so that idle accounts cost no reads. */
  private readonly seen = new Map<string, { state: string; atMs: number }>();

  constructor({ store, writer, now }: CreditAlertParts) {
    this.store = store;
    this.writer = writer;
    this.now = now;
  }

  /** @param shards of the account's balance, as just swept */
  async check(accountId: string, shards: readonly (Balance | undefined)[]): Promise<void> {
    const balance = totalOf(shards);
    await this.checkLots(accountId, balance);
    const state = `${balance.availableNanoUsd} ${balance.purchasedNanoUsd}`;
    const last = this.seen.get(accountId);
    if (last?.state === state && this.now() - last.atMs < lookAgainMs) return;
    await this.checkAmount(accountId, balance);
    this.seen.set(accountId, { state, atMs: this.now() });
  }

  private async checkAmount(accountId: string, { availableNanoUsd, purchasedNanoUsd }: Balance): Promise<void> {
    if (purchasedNanoUsd === 0n) return;
    const account = await findAccount(this.store, accountId);
    const threshold = account?.lowBalanceThresholdNanoUsd;
    const amounts = { available_usd: formatUsd(availableNanoUsd) };
    await this.tellCrossing(accountId, 'credits_exhausted.v0', availableNanoUsd < exhaustedBelowNanoUsd, amounts);
    const isLow = threshold !== undefined && availableNanoUsd < BigInt(threshold);
    await this.tellCrossing(accountId, 'credits_low_balance.v0', isLow, {
      ...amounts,
      ...(threshold !== undefined && { threshold_usd: formatUsd(BigInt(threshold)) }),
    });
  }

  private async tellCrossing(
    accountId: string,
    type: 'credits_low_balance.v0' | 'credits_exhausted.v0',
    holds: boolean,
    object: Record<string, unknown>,
  ): Promise<void> {
    const notice = await readNotice(this.store, accountId, type);
    if (notice.holds === holds) return;
    const count = notice.count + (holds ? 1 : 0);
    if (holds) await this.writer.alert(toAlertEvent(type, accountId, this.now(), `crossing ${count}`, object));
    await writeNotice(this.store, accountId, type, { count, holds });
  }

  private async checkLots(accountId: string, { lots }: Balance): Promise<void> {
    const nowSeconds = Math.floor(this.now() / 1000);
    for (const { id, category, remainingNanoUsd, expiresAtSeconds, dying } of lots) {
      const leftSeconds = expiresAtSeconds - nowSeconds;
      const stage = expiryStages.find(({ seconds }) => leftSeconds <= seconds);
      if (!stage || dying || leftSeconds <= 0 || remainingNanoUsd === 0n) continue;
      const what = `credits_expiring#${id}#${stage.name}`;
      if ((await readNotice(this.store, accountId, what)).holds) continue;
      const event = toAlertEvent('credits_expiring.v0', accountId, this.now(), what, {
        lot_id: id,
        category,
        remaining_usd: formatUsd(remainingNanoUsd),
        expires_at: new Date(expiresAtSeconds * 1000).toISOString(),
        days_left: stage.name === '1d' ? 1 : 7,
      });
      await this.writer.alert(event);
      await writeNotice(this.store, accountId, what, { count: 1, holds: true }, expiresAtSeconds + daySeconds);
    }
  }
}
