import { randomBytes } from 'node:crypto';
import { newId } from '../../functions/core/ids.ts';
import { formatUsd } from '../../functions/core/money.ts';
import { Balances, type Hold } from '../../functions/store/balances.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import { settleRequest } from '../../functions/store/settle-request.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { Random } from '../simulate/random.ts';
import { startTestStore } from '../support/store.ts';

/**
 * `npm run bench:overspend`: a thousand requests at once against money for a hundred or less, under three ways of keeping a
 * budget.
 * Two are models of how others document or publish theirs; the third is the product's own code on a DynamoDB engine.
 */
const requests = 1_000;
const startMs = Date.UTC(2026, 10, 24);

/** The most a request can cost, which is also what it sets aside. */
const boundNanoUsd = 10_000_000n;

interface Budget<Admission> {
  name: string;
  /** @returns undefined when the request is refused */
  admit(): Promise<Admission | undefined>;
  charge(admission: Admission, costNanoUsd: bigint): Promise<void>;
  spentNanoUsd(): Promise<bigint>;
}

/** A call to a store: others act meanwhile. */
function storeCall(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/**
 * Compares what was spent so far with the limit, and counts a request's cost when it has ended: "once reached, will
 * automatically expire the key"; the cost is that of the request's log.
 * @see https://portkey.ai/docs/product/ai-gateway/virtual-keys/budget-limits
 * @see https://vercel.com/docs/ai-gateway/observability-and-spend/api-key-budgets which calls the same "a soft cap"
 */
function chargeAfter(budgetNanoUsd: bigint): Budget<true> {
  let spentNanoUsd = 0n;
  return {
    name: 'charge afterwards (Portkey-style)',
    async admit() {
      await storeCall();
      return spentNanoUsd < budgetNanoUsd ? true : undefined;
    },
    async charge(_, costNanoUsd) {
      await storeCall();
      spentNanoUsd += costNanoUsd;
    },
    spentNanoUsd: async () => spentNanoUsd,
  };
}

/**
 * Adds the estimated cost to a counter first. When that passes the limit and anything was left before, the reservation is
 * made as small as what was left and the request goes on as it is; the counter takes its true cost afterwards.
 * @see https://github.com/BerriAI/litellm/blob/0165b7d8540a2c3b3ae660589955f3bf1cbf71f3/litellm/proxy/spend_tracking/budget_reservation.py
 * `_apply_over_budget_reservation_policy`
 */
function shrinkReservation(budgetNanoUsd: bigint): Budget<{ reservedNanoUsd: bigint }> {
  let counterNanoUsd = 0n;
  let spentNanoUsd = 0n;
  return {
    name: 'shrink the reservation (LiteLLM-style)',
    async admit() {
      await storeCall();
      counterNanoUsd += boundNanoUsd;
      const seenNanoUsd = counterNanoUsd;
      if (seenNanoUsd <= budgetNanoUsd) return { reservedNanoUsd: boundNanoUsd };
      const leftNanoUsd = budgetNanoUsd - (seenNanoUsd - boundNanoUsd);
      await storeCall();
      counterNanoUsd -= boundNanoUsd - (leftNanoUsd > 0n ? leftNanoUsd : 0n);
      return leftNanoUsd > 0n ? { reservedNanoUsd: leftNanoUsd } : undefined;
    },
    async charge({ reservedNanoUsd }, costNanoUsd) {
      await storeCall();
      counterNanoUsd += costNanoUsd - reservedNanoUsd;
      spentNanoUsd += costNanoUsd;
    },
    spentNanoUsd: async () => spentNanoUsd,
  };
}

/** Ours: the product's code, a hold before, a record and a settlement after. */
async function tollgate(budgetNanoUsd: bigint, store: Store): Promise<Budget<Hold>> {
  const balances = new Balances(store, randomBytes);
  const accountId = newId('ac', startMs, randomBytes);
  const lot = { id: newId('lot', startMs, randomBytes), category: 'grant' as const, amountNanoUsd: budgetNanoUsd };
  await balances.addLot(accountId, { ...lot, expiresAtSeconds: startMs / 1000 + 86_400 }, startMs);
  const parts = {
    balances,
    keyLimits: new KeyLimits(store),
    decide: (record: UsageRecord, nowMs: number) => decide(store, record, nowMs),
    noteLateCost: async () => {},
  };
  return {
    name: 'hold, record, settle (Tollgate)',
    async admit() {
      const result = await balances.hold(accountId, newId('rq', startMs, randomBytes), boundNanoUsd, startMs);
      return result.status === 'held' ? result.hold : undefined;
    },
    async charge(hold, costNanoUsd) {
      await settleRequest(recordOf(hold, costNanoUsd), { hold, limitHold: undefined }, parts, startMs);
    },
    spentNanoUsd: async () => (await balances.read(accountId))?.spentNanoUsd ?? 0n,
  };
}

/** All ask at once, those that are let in are answered together, and then they are charged. */
async function race<Admission>(
  budget: Budget<Admission>,
  budgetNanoUsd: bigint,
  costOf: (random: Random) => bigint,
): Promise<string[]> {
  const random = new Random(7);
  const admissions = await Promise.all(Array.from({ length: requests }, () => budget.admit()));
  const admitted = admissions.filter(admission => admission !== undefined);
  await Promise.all(admitted.map(admission => budget.charge(admission, costOf(random))));
  const spentNanoUsd = await budget.spentNanoUsd();
  const overspendNanoUsd = spentNanoUsd > budgetNanoUsd ? spentNanoUsd - budgetNanoUsd : 0n;
  return [budget.name, String(admitted.length), formatUsd(spentNanoUsd), formatUsd(overspendNanoUsd)];
}

function recordOf({ accountId, id, amountNanoUsd }: Hold, costNanoUsd: bigint): UsageRecord {
  const cost = costNanoUsd.toString();
  return {
    requestId: id.requestId,
    holdAttempt: id.attempt,
    holdShard: id.shard,
    heldNanoUsd: amountNanoUsd.toString(),
    accountId,
    endpointId: 'ep',
    createdAt: new Date(startMs).toISOString(),
    surface: 'chat-completions',
    streaming: false,
    outcome: 'succeeded',
    status: 200,
    attempts: [],
    costNanoUsd: cost,
    upstreamCostNanoUsd: cost,
    feeNanoUsd: '0',
  };
}

function printRow([name = '', admitted = '', spent = '', overspend = '']: string[]): void {
  console.log(`${name.padEnd(40)}${admitted.padStart(10)}${spent.padStart(14)}${overspend.padStart(16)}`);
}

const forHundred = boundNanoUsd * 100n + boundNanoUsd / 2n;
const cases: [what: string, budgetNanoUsd: bigint, costOf: (random: Random) => bigint][] = [
  ['money for a hundred and a half, every request costs the most it can', forHundred, () => boundNanoUsd],
  [
    'money for a hundred and a half, requests cost between a fifth and all of it',
    forHundred,
    random => (boundNanoUsd * BigInt(random.between(20, 100))) / 100n,
  ],
  ['money for a tenth of a request', boundNanoUsd / 10n, () => boundNanoUsd],
];
const { store } = await startTestStore();
console.log(`${requests} requests at once, each may cost ${formatUsd(boundNanoUsd)} USD`);
for (const [what, budgetNanoUsd, costOf] of cases) {
  console.log(`\n${what} (${formatUsd(budgetNanoUsd)} USD)`);
  printRow(['', 'admitted', 'spent (USD)', 'overspend (USD)']);
  printRow(await race(chargeAfter(budgetNanoUsd), budgetNanoUsd, costOf));
  printRow(await race(shrinkReservation(budgetNanoUsd), budgetNanoUsd, costOf));
  printRow(await race(await tollgate(budgetNanoUsd, store), budgetNanoUsd, costOf));
}
