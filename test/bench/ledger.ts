import { type Balance, emptyBalance } from '../../functions/core/balance.ts';
import { addLot } from '../../functions/core/balance-events.ts';
import { newId } from '../../functions/core/ids.ts';
import { shardsFor } from '../../functions/core/shards.ts';
import { Balances, type Hold } from '../../functions/store/balances.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { Random } from '../simulate/random.ts';
import { itemBytes, toBalanceItem, writeUnits } from '../support/item-bytes.ts';
import { MemoryTable } from '../support/memory-table.ts';

/**
 * `npm run bench:ledger`: what writes of a balance cost, and how many requests a second one account can make. Sizes are
 * counted by DynamoDB's rules. Throughput runs the product's own code on balances in memory, in simulated time: it shows
 * what is written to which item and what that costs, not how fast anything is.
 */
const startMs = Date.UTC(2026, 10, 24);
const usd = 1_000_000_000n;
const accountId = newId('ac', startMs, length => new Uint8Array(length));
const answerMs = 10_000;
const unitsMax = 1_000;

/** Long enough for the number of shards to settle, and then a while to look at. */
const seconds = 40;
const measuredSeconds = 10;

function withLots(count: number): Balance {
  let balance = emptyBalance();
  for (let index = 0; index < count; index++) {
    const id = newId('lot', startMs + index * 1_234_567, length => new Uint8Array(length).fill(index + 77));
    const lot = { id, category: 'purchase' as const, amountNanoUsd: 50n * usd };
    const expiresAtSeconds = startMs / 1000 + (index + 1) * 86_400;
    const added = addLot(balance, { ...lot, expiresAtSeconds }, '', startMs / 1000);
    if (added.status === 'added') balance = { ...added.balance, marks: new Map() };
  }
  return { ...balance, spentNanoUsd: 12_345_678_901n, consumedNanoUsd: 345_678_901n, version: 1_234 };
}

function withHolds(balance: Balance, count: number, random: Random): Balance {
  const holds = new Map<string, bigint>();
  while (holds.size < count) {
    const key = newId('rq', startMs + random.between(0, answerMs), length => random.bytes(length)).slice('rq_'.length);
    holds.set(key, BigInt(random.between(1_000, 99_999)) * 1_000n);
  }
  return { ...balance, holds, openHolds: count };
}

function measureItems(): void {
  const random = new Random(1);
  console.log('Size of a balance item, and what one write to it costs\n');
  console.log('holds in flight   bytes, 1 lot   units   bytes, 12 lots   units');
  for (const holds of [0, 1, 10, 50, 200]) {
    const bytes = [1, 12].map(lots => itemBytes(toBalanceItem(accountId, 0, withHolds(withLots(lots), holds, random))));
    const [few = 0, many = 0] = bytes;
    const cells = [few, writeUnits(few), many, writeUnits(many)];
    console.log(`${pad(holds, 15)}${pad(cells[0], 15)}${pad(cells[1], 8)}${pad(cells[2], 17)}${pad(cells[3], 8)}`);
  }
  console.log(`\nOne hold takes ${bytesOfHolds(1).toFixed(1)} bytes.\n`);
}

function bytesOfHolds(lots: number): number {
  const [none, many] = [0, 200].map(holds =>
    itemBytes(toBalanceItem(accountId, 0, withHolds(withLots(lots), holds, new Random(2)))),
  ) as [number, number];
  return (many - none) / 200;
}

interface Run {
  shards: number;
  holdsMax: number;
  /** Of the item that had most, in the second in which it had most. */
  unitsHottest: number;
  unitsAll: number;
  refused: number;
}

/** Requests come evenly, each answers after ten seconds, and many processes know each what they have heard. */
async function runRequests(perSecond: number, processes: number): Promise<Run> {
  const random = new Random(perSecond);
  const table = new MemoryTable();
  const all = Array.from({ length: processes }, () => new Balances({} as Store, length => random.bytes(length), table));
  const lot = { id: 'lot', category: 'purchase' as const, amountNanoUsd: 100_000_000n * usd };
  await (all[0] as Balances).addLot(accountId, { ...lot, expiresAtSeconds: startMs / 1000 + 31_536_000 }, startMs);
  const [fixedBytes, holdBytes] = [itemBytes(toBalanceItem(accountId, 1, withLots(1))), bytesOfHolds(1)];
  const units = new Map<string, number>();
  let nowMs = startMs;
  let measuring = false;
  let holdsMax = 0;
  table.onWrite = (shard, before, after) => {
    if (!measuring) return;
    const holds = Math.max(before?.openHolds ?? 0, after?.openHolds ?? 0);
    holdsMax = Math.max(holdsMax, holds);
    const name = `${shard} ${Math.floor(nowMs / 1000)}`;
    units.set(name, (units.get(name) ?? 0) + writeUnits(fixedBytes + holds * holdBytes));
  };
  const open: { endsAtMs: number; hold: Hold; by: Balances }[] = [];
  let ended = 0;
  let refused = 0;
  for (let count = 0; count < perSecond * seconds; count++) {
    nowMs = startMs + Math.floor((count * 1_000) / perSecond);
    measuring = count >= perSecond * (seconds - measuredSeconds);
    for (let next = open[ended]; next && next.endsAtMs <= nowMs; next = open[++ended]) {
      await next.by.settle(next.hold, 20_000_000n, nowMs);
    }
    const by = random.pick(all);
    const requestId = newId('rq', nowMs, length => random.bytes(length));
    const result = await by.hold(accountId, requestId, 50_000_000n, nowMs);
    if (result.status === 'held') open.push({ endsAtMs: nowMs + answerMs, hold: result.hold, by });
    else refused++;
  }
  const shards = (await table.read(accountId, 0))?.spread ?? 0;
  const total = [...units.values()].reduce((sum, each) => sum + each, 0);
  return { shards, holdsMax, unitsHottest: Math.max(...units.values()), unitsAll: total / measuredSeconds, refused };
}

async function measureThroughput(): Promise<void> {
  console.log(
    `One account, ${answerMs / 1_000} s an answer; one partition of DynamoDB takes ${unitsMax} write units a second\n`,
  );
  console.log(
    'requests/s   shards   wanted   most holds an item   units/s, hottest item   units/s, all items   refused',
  );
  for (const perSecond of [1, 5, 50, 200, 1_000, 3_000, 10_000]) {
    const run = await runRequests(perSecond, Math.min(100, perSecond * 10));
    const cells = [run.shards, shardsFor((perSecond * answerMs) / 1_000), run.holdsMax, run.unitsHottest];
    console.log(
      `${pad(perSecond, 10)}${pad(cells[0], 9)}${pad(cells[1], 9)}${pad(cells[2], 21)}${pad(cells[3], 24)}${pad(Math.round(run.unitsAll), 21)}${pad(run.refused, 10)}`,
    );
  }
  console.log('');
}

/** An account on many shards runs dry: what is there when the first request is refused, and at any later refusal? */
async function measureNearZero(): Promise<void> {
  console.log('Near zero: what lay there unused when a request was refused that sets aside 0.05 USD\n');
  console.log('shards before   requests served   of those the money was for   most unused at a refusal (USD)');
  for (const shards of [1, 4, 32, 128]) {
    const random = new Random(shards);
    const table = new MemoryTable();
    const balances = new Balances({} as Store, length => random.bytes(length), table);
    const enough = 40 * shards;
    const lot = { id: 'lot', category: 'purchase' as const, amountNanoUsd: BigInt(enough) * 50_000_000n + 49_999_999n };
    await balances.addLot(accountId, { ...lot, expiresAtSeconds: startMs / 1000 + 86_400 }, startMs);
    const first = await table.read(accountId, 0);
    if (!first) throw new Error('the account is gone');
    await table.write(accountId, 0, {
      what: 'spreading an account',
      conditions: [],
      changes: [
        { field: 'spread', set: shards },
        { field: 'width', set: shards },
      ],
    });
    let served = 0;
    let unusedNanoUsd = 0n;
    for (let count = 0; count < enough + 50; count++) {
      const requestId = newId('rq', startMs, length => random.bytes(length));
      const result = await balances.hold(accountId, requestId, 50_000_000n, startMs);
      if (result.status === 'held') served++;
      else if (result.availableNanoUsd > unusedNanoUsd) unusedNanoUsd = result.availableNanoUsd;
    }
    console.log(`${pad(shards, 13)}${pad(served, 18)}${pad(enough, 29)}${pad(Number(unusedNanoUsd) / 1e9, 33)}`);
  }
}

function pad(value: unknown, length: number): string {
  return String(value).padStart(length);
}

measureItems();
await measureThroughput();
await measureNearZero();
