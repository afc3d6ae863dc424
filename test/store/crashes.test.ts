import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { brokenRules } from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';
import { sum } from '../../functions/core/lots.ts';
import { sweep } from '../../functions/expiry/sweep.ts';
import { move, setSpread } from '../../functions/store/balance-shards.ts';
import { openBalanceTable } from '../../functions/store/balance-table.ts';
import { Balances } from '../../functions/store/balances.ts';
import { type ItemClient, type Store, StoreError } from '../../functions/store/dynamo.ts';
import { listJournal } from '../../functions/store/journal.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import { settleRequest } from '../../functions/store/settle-request.ts';
import { decide, listCharges, noteLateCost, type UsageRecord } from '../../functions/store/usage.ts';
import { startTestStore } from '../support/store.ts';

/** A process that dies at each of its writes in turn, and what the ledger can be rebuilt from afterwards. */

let testStore: Awaited<ReturnType<typeof startTestStore>>;

before(async () => {
  testStore = await startTestStore();
});

const startMs = Date.UTC(2026, 10, 24);
const micro = 1_000n;
const shortMs = 60_000;

/** Does so many writes and then nothing any more. */
function dyingStore(store: Store, writesBefore: number): Store & { isDead(): boolean } {
  let isDead = false;
  let writesLeft = writesBefore;
  const dying = (client: ItemClient): ItemClient => ({
    async send(command) {
      if (isDead) throw new Error('died');
      const isRead = [GetItemCommand, QueryCommand].some(kind => command instanceof kind);
      if (isRead || writesLeft-- > 0) return client.send(command);
      isDead = true;
      throw new Error('died');
    },
  });
  return { ...store, dynamo: dying(store.dynamo), dynamoOnce: dying(store.dynamoOnce), isDead: () => isDead };
}

/** One account, and everything that happens to it. Payments and refunds are reported until they are done, as they are. */
class Life {
  readonly accountId = newId('ac', startMs, randomBytes);
  readonly key = {
    accountId: this.accountId,
    id: newId('aigk', startMs, randomBytes),
    spendLimit: { amountNanoUsd: '1000000', period: 'daily' as const },
  };
  private readonly lots = [shortMs, 86_400_000].map((lifeMs, index) => ({
    id: newId('lot', startMs + index, randomBytes),
    category: 'purchase' as const,
    amountNanoUsd: 500n * micro,
    expiresAtSeconds: (startMs + lifeMs) / 1000,
  }));
  private readonly refunds = [{ amountMaxNanoUsd: 100n * micro }, {}].map((part, index) => ({
    id: newId('rf', startMs + index, randomBytes),
    lotId: this.lots[1]?.id ?? '',
    ...part,
  }));

  async purchases(store: Store, nowMs: number): Promise<void> {
    for (const lot of this.lots) await new Balances(store, randomBytes).addLot(this.accountId, lot, nowMs);
  }

  async askForRefunds(store: Store, nowMs: number): Promise<void> {
    for (const refund of this.refunds) await new Balances(store, randomBytes).refund(this.accountId, refund, nowMs);
  }

  /** From the first purchase to the last refund: a lot ends under a hold, money moves to a second shard and is spent there. */
  async run(store: Store): Promise<void> {
    const { accountId } = this;
    await this.purchases(store, startMs);
    const first = await this.begin(store, startMs + 1_000);
    await new Balances(store, randomBytes).expireLots(accountId, startMs + shortMs);
    await first(120n * micro);
    const parts = { table: openBalanceTable(store), randomBytes };
    const balance = await parts.table.read(accountId, 0);
    assert.ok(balance);
    await setSpread(parts, accountId, balance, 2);
    await move(parts, accountId, { from: 0, to: 1, amountNanoUsd: 150n * micro }, startMs + shortMs);
    const second = await this.begin(store, startMs + shortMs + 1_000);
    await second(60n * micro + 7n);
    await this.askForRefunds(store, startMs + shortMs + 2_000);
  }

  /** Like the gateway: the key's limit, then the balance. @returns what ends the request */
  private async begin(store: Store, nowMs: number): Promise<(costNanoUsd: bigint) => Promise<void>> {
    const { accountId, key } = this;
    const requestId = newId('rq', nowMs, randomBytes);
    const [balances, keyLimits] = [new Balances(store, randomBytes), new KeyLimits(store)];
    const limited = await keyLimits.hold(key, requestId, 200n * micro);
    const held = await balances.hold(accountId, requestId, 200n * micro, nowMs);
    assert.ok(limited.status === 'held' && held.status === 'held');
    return async costNanoUsd => {
      const { hold } = held;
      const cost = costNanoUsd.toString();
      const record: UsageRecord = {
        requestId,
        holdAttempt: hold.id.attempt,
        holdShard: hold.id.shard,
        limitAttempt: limited.hold.id.attempt,
        heldNanoUsd: hold.amountNanoUsd.toString(),
        gatewayKeyId: key.id,
        accountId,
        endpointId: 'ep',
        createdAt: new Date(nowMs).toISOString(),
        surface: 'chat-completions',
        streaming: false,
        outcome: 'succeeded',
        status: 200,
        attempts: [],
        costNanoUsd: cost,
        upstreamCostNanoUsd: cost,
        feeNanoUsd: '0',
      };
      await settleRequest(
        record,
        { hold, limitHold: limited.hold },
        {
          balances,
          keyLimits,
          decide: decision => decide(store, decision, nowMs),
          noteLateCost: late => noteLateCost(store, late),
        },
        nowMs,
      );
    };
  }

  async sweepLater(store: Store): Promise<Record<string, unknown>> {
    const nowMs = startMs + 30 * 60_000;
    const balances = new Balances(store, randomBytes);
    balances.listAccounts = async () => [this.accountId];
    const keyLimits = new KeyLimits(store);
    keyLimits.list = async () => [{ accountId: this.accountId, keyId: this.key.id, period: '2026-11-24' }];
    const { accounts, limits, finished, ...did } = await sweep({
      balances,
      keyLimits,
      decide: record => decide(store, record, nowMs),
      cursor: { read: async () => undefined, write: async () => {} },
      now: () => nowMs,
      stopAtMs: Number.POSITIVE_INFINITY,
      report: (message, error) => assert.fail(`${message}: ${error}`),
    });
    assert.ok(finished);
    return did;
  }

  /** Everything that came in was spent, expired or refunded, or is there, and the ledger tells each of it once. */
  async checkBooks(store: Store): Promise<void> {
    const { accountId } = this;
    const balances = new Balances(store, randomBytes);
    const shards = await Promise.all([0, 1].map(shard => balances.readShard(accountId, shard)));
    for (const shard of shards.flatMap(each => each ?? [])) {
      assert.deepEqual(brokenRules(shard), []);
      const open = [shard.holds, shard.movesOut, shard.movesIn, shard.marks, shard.outbox];
      assert.ok(open.every(({ size }) => size === 0));
    }
    const total = await balances.read(accountId);
    assert.ok(total);
    const rows = await listJournal(store, accountId, { beforeId: undefined, limit: 100 });
    const charges = await listCharges(store, accountId, { beforeRequestId: undefined, limit: 100 });
    const amountOf = (kind: string) => sum(rows.filter(row => row.kind === kind).map(row => BigInt(row.amountNanoUsd)));
    const spentNanoUsd = sum(charges.map(charge => BigInt(charge.costNanoUsd)));
    assert.equal(total.purchasedNanoUsd, 1_000n * micro);
    assert.equal(amountOf('purchase'), total.purchasedNanoUsd);
    assert.equal(amountOf('expiry'), -total.expiredNanoUsd);
    assert.equal(amountOf('refund'), -total.refundedNanoUsd);
    assert.equal(spentNanoUsd, total.spentNanoUsd);
    assert.equal(total.availableNanoUsd, amountOf('purchase') + amountOf('expiry') + amountOf('refund') - spentNanoUsd);
    for (const { id } of this.lots) assert.ok(await balances.findLot(accountId, id));
    assert.deepEqual(await new KeyLimits(store).read(this.key, startMs), { spentNanoUsd, heldNanoUsd: 0n });
  }
}

test('wherever a process dies, what its writes left is enough to rebuild the books and the ledger', async () => {
  let deaths = 0;
  for (let isWhole = false; !isWhole; ) {
    const life = new Life();
    const mortal = dyingStore(testStore.store, deaths);
    await life.run(mortal).catch(error => assert.ok(error instanceof StoreError, error));
    isWhole = !mortal.isDead();
    if (!isWhole) deaths++;
    const { store } = testStore;
    await life.purchases(store, startMs + shortMs);
    await life.sweepLater(store);
    await life.askForRefunds(store, startMs + 31 * 60_000);
    const again = await life.sweepLater(store);
    assert.ok(
      Object.values(again).every(count => count === 0),
      `after ${deaths} writes: ${JSON.stringify(again)}`,
    );
    await life.checkBooks(store);
  }
  assert.ok(deaths > 40, `${deaths} deaths`);
});
