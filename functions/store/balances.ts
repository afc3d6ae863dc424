import { strict as assert } from 'node:assert';
import { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { addLot, type Balance, brokenRules, type Expiry, expire, hold, type Lot, settle } from '../core/balance.ts';
import { type HoldId, holdKey } from '../core/hold-id.ts';
import { newId, type RandomBytes } from '../core/ids.ts';
import {
  balanceKey,
  emptyStoredBalance,
  fromBalanceItem,
  holdUnitNanoUsd,
  number,
  roundUpToHoldUnit,
  type StoredBalance,
  toBalanceItem,
  toLotItems,
} from './balance-item.ts';
import { attempt, run, type Store, StoreError } from './dynamo.ts';
import { appendJournalRow, findLotRow, type JournalRow, makesLot } from './journal.ts';

/** A hold that is open in the store. */
export interface Hold {
  accountId: string;
  id: HoldId;
  amountNanoUsd: bigint;
}

/** What a request wants set aside: the amount, or, if there is less, what there is, but no less than the least. */
export interface Wanted {
  amountNanoUsd: bigint;
  leastNanoUsd: bigint;
}

export type HoldRefusal = {
  status: 'insufficient';
  availableNanoUsd: bigint;
  /** Whether the account ever had credits: tells 4026 from 6033. */
  everPurchased: boolean;
};

export interface NewLot extends Omit<Lot, 'remainingNanoUsd' | 'dying'> {
  reason?: string;
  createdBy?: string;
  /** Same lot id with another digest: another request used the same idempotency key. */
  requestDigest?: string;
}

/** How often a write that lost a race is tried again. Lot events are rare; a settlement contends only while lots are dying. */
const racesMax = 20;
/** Holds whose outcome stayed unknown before the request is refused with 503. */
const holdAttemptsMax = 3;

/** Partition that lists every account with a balance. */
const directoryKey = 'BALANCES';

const balanceCovers = 'a >= :amount AND x > :now AND attribute_not_exists(o.#hold)';
const holdIsOpen = 'o.#hold = :units';
const nothingIsDying = 'd = :zero';
const lotsAsRead = 'v = :version';
const holdsAndSpendingAsRead = 'h = :held AND c = :consumed';

/** The only code that writes balances. Each transition of `core/balance.ts` is exactly one conditional write here. */
export class Balances {
  private readonly store: Store;
  private readonly randomBytes: RandomBytes;

  constructor(store: Store, randomBytes: RandomBytes) {
    this.store = store;
    this.randomBytes = randomBytes;
  }

  /** The balance as it is now, or undefined when the account never had credits. */
  async read(accountId: string): Promise<StoredBalance | undefined> {
    const { dynamo, tables } = this.store;
    const get = new GetItemCommand({ TableName: tables.credits, Key: balanceKey(accountId), ConsistentRead: true });
    const { Item } = await run('reading a balance', dynamo.send(get));
    return Item && fromBalanceItem(Item);
  }

  /**
   * Sets money aside for a request, rounded up to a whole micro-USD. A plain amount is wanted in full.
   * A hold whose outcome is unknown is given up (the sweep returns it) and a new one is tried.
   * @throws StoreError when the store does not answer
   */
  async hold(
    accountId: string,
    requestId: string,
    wanted: bigint | Wanted,
    nowMs: number,
  ): Promise<{ status: 'held'; hold: Hold } | HoldRefusal> {
    const { amountNanoUsd, leastNanoUsd } =
      typeof wanted === 'bigint' ? { amountNanoUsd: wanted, leastNanoUsd: wanted } : wanted;
    for (let holdAttempt = 0; ; holdAttempt++) {
      const id = { requestId, attempt: holdAttempt };
      const held = { accountId, id, amountNanoUsd: roundUpToHoldUnit(amountNanoUsd) };
      try {
        return await this.holdOnce(held, roundUpToHoldUnit(leastNanoUsd), Math.floor(nowMs / 1000));
      } catch (error) {
        if (!(error instanceof StoreError) || holdAttempt + 1 === holdAttemptsMax) throw error;
      }
    }
  }

  private async holdOnce(
    wanted: Hold,
    leastNanoUsd: bigint,
    nowSeconds: number,
  ): Promise<{ status: 'held'; hold: Hold } | HoldRefusal> {
    let held = wanted;
    for (let races = 0; races < racesMax; races++) {
      if (await this.writeHold(held, nowSeconds)) return { status: 'held', hold: held };
      const balance = await this.read(held.accountId);
      if (!balance) return { status: 'insufficient', availableNanoUsd: 0n, everPurchased: false };
      const { status } = hold(balance, holdKey(held.id), held.amountNanoUsd, nowSeconds);
      if (status === 'exists') return { status: 'held', hold: held };
      if (status === 'lots_ended') await this.expireLots(held.accountId, nowSeconds * 1000);
      if (status !== 'insufficient') continue;
      const { availableNanoUsd, purchasedNanoUsd } = balance;
      const wholeNanoUsd = availableNanoUsd - (availableNanoUsd % holdUnitNanoUsd);
      if (wholeNanoUsd < leastNanoUsd) return { status, availableNanoUsd, everPurchased: purchasedNanoUsd > 0n };
      held = { ...wanted, amountNanoUsd: wholeNanoUsd < wanted.amountNanoUsd ? wholeNanoUsd : wanted.amountNanoUsd };
    }
    throw new StoreError('holding credits', new Error(`lost ${racesMax} races`));
  }

  private async writeHold({ accountId, id, amountNanoUsd }: Hold, nowSeconds: number): Promise<boolean> {
    const { dynamoOnce, tables } = this.store;
    const update = new UpdateItemCommand({
      TableName: tables.credits,
      Key: balanceKey(accountId),
      UpdateExpression: 'SET a = a - :amount, h = h + :amount, o.#hold = :units',
      ConditionExpression: balanceCovers,
      ExpressionAttributeNames: { '#hold': holdKey(id) },
      ExpressionAttributeValues: {
        ':amount': number(amountNanoUsd),
        ':units': number(amountNanoUsd / holdUnitNanoUsd),
        ':now': number(nowSeconds),
      },
    });
    return (await attempt('holding credits', dynamoOnce.send(update))) !== undefined;
  }

  /** Ends a hold at its cost. Safe to repeat: a hold that is gone was settled. */
  async settle(held: Hold, costNanoUsd: bigint, nowMs: number): Promise<void> {
    for (let races = 0; races < racesMax; races++) {
      if (await this.writeFastSettlement(held, costNanoUsd)) return;
      const balance = await this.read(held.accountId);
      if (!balance) return;
      const settled = settle(balance, holdKey(held.id), costNanoUsd);
      if (settled.status === 'already_settled') return;
      if (balance.dyingNanoUsd === 0n) continue;
      const rows = this.expiryRows(held.accountId, settled.expiries, nowMs);
      if (await this.writeLotEvent(held.accountId, balance, settled.balance, rows, { settledHold: held })) {
        return this.flushOutbox(held.accountId, rows);
      }
    }
    throw new StoreError('settling a hold', new Error(`lost ${racesMax} races`));
  }

  private async writeFastSettlement({ accountId, id, amountNanoUsd }: Hold, costNanoUsd: bigint): Promise<boolean> {
    const { dynamo, tables } = this.store;
    const update = new UpdateItemCommand({
      TableName: tables.credits,
      Key: balanceKey(accountId),
      UpdateExpression: 'SET h = h - :amount, a = a + :rest, s = s + :cost, c = c + :cost REMOVE o.#hold',
      ConditionExpression: `${holdIsOpen} AND ${nothingIsDying}`,
      ExpressionAttributeNames: { '#hold': holdKey(id) },
      ExpressionAttributeValues: {
        ':amount': number(amountNanoUsd),
        ':units': number(amountNanoUsd / holdUnitNanoUsd),
        ':rest': number(amountNanoUsd - costNanoUsd),
        ':cost': number(costNanoUsd),
        ':zero': number(0n),
      },
    });
    return (await attempt('settling a hold', dynamo.send(update))) !== undefined;
  }

  /**
   * Adds a purchase or a grant, once for each lot id.
   * @returns `conflict` when the lot exists and came from a different request
   */
  async addLot(accountId: string, lot: NewLot, nowMs: number): Promise<{ status: 'added' | 'exists' | 'conflict' }> {
    const { reason, createdBy, requestDigest = '', ...coreLot } = lot;
    for (let races = 0; races < racesMax; races++) {
      const balance = await this.read(accountId);
      const standingDigest =
        balance?.purchaseMarks.get(lot.id) ?? (await findLotRow(this.store, accountId, lot.id))?.requestDigest;
      if (standingDigest !== undefined) return { status: standingDigest === requestDigest ? 'exists' : 'conflict' };
      const before = balance ?? emptyStoredBalance();
      const { balance: after, expiries } = addLot(before, coreLot, Math.floor(nowMs / 1000));
      const row: JournalRow = {
        id: newId('jr', nowMs, this.randomBytes),
        accountId,
        kind: lot.category,
        lotId: lot.id,
        amountNanoUsd: lot.amountNanoUsd.toString(),
        createdAt: new Date(nowMs).toISOString(),
        expiresAt: new Date(lot.expiresAtSeconds * 1000).toISOString(),
        reason,
        createdBy,
        requestDigest,
      };
      const rows = [row, ...this.expiryRows(accountId, expiries, nowMs)];
      if (!balance && !(await this.createItem(accountId))) continue;
      if (await this.writeLotEvent(accountId, before, after, rows, { addedLot: row })) {
        await this.flushOutbox(accountId, rows);
        return { status: 'added' };
      }
    }
    throw new StoreError('adding credits', new Error(`lost ${racesMax} races`));
  }

  /** The journal row of a lot, also while it is still on its way to the journal. */
  async findLot(accountId: string, lotId: string): Promise<JournalRow | undefined> {
    const row = await findLotRow(this.store, accountId, lotId);
    if (row) return row;
    const waiting = [...((await this.read(accountId))?.outbox.values() ?? [])].map(
      text => JSON.parse(text) as JournalRow,
    );
    return waiting.find(candidate => candidate.lotId === lotId && makesLot(candidate));
  }

  /** Ends the lots whose time has come. Safe to repeat, and to run anywhere at any time. */
  async expireLots(accountId: string, nowMs: number): Promise<Expiry[]> {
    const nowSeconds = Math.floor(nowMs / 1000);
    for (let races = 0; races < racesMax; races++) {
      const balance = await this.read(accountId);
      if (!balance || balance.nextExpiryAtSeconds > nowSeconds) return [];
      const { balance: after, expiries } = expire(balance, nowSeconds);
      const rows = this.expiryRows(accountId, expiries, nowMs);
      if (await this.writeLotEvent(accountId, balance, after, rows, { exact: true })) {
        await this.flushOutbox(accountId, rows);
        return expiries;
      }
    }
    throw new StoreError('expiring credits', new Error(`lost ${racesMax} races`));
  }

  /** Moves journal rows from the balance item to the journal. What a crash left behind, the next sweep moves. */
  async flushOutbox(accountId: string, rows: Iterable<JournalRow>): Promise<void> {
    const { dynamo, tables } = this.store;
    for (const row of rows) {
      await appendJournalRow(this.store, row);
      const update = new UpdateItemCommand({
        TableName: tables.credits,
        Key: balanceKey(accountId),
        ...(makesLot(row)
          ? {
              UpdateExpression: 'REMOVE b.#row, m.#lot',
              ExpressionAttributeNames: { '#row': row.id, '#lot': row.lotId },
            }
          : { UpdateExpression: 'REMOVE b.#row', ExpressionAttributeNames: { '#row': row.id } }),
      });
      await run('clearing the outbox', dynamo.send(update));
    }
  }

  /** One page of the accounts that have a balance, for the sweep. */
  async listAccounts(after: string | undefined, limit: number): Promise<string[]> {
    const { dynamo, tables } = this.store;
    const query = new QueryCommand({
      TableName: tables.credits,
      KeyConditionExpression: 'pk = :balances',
      ExpressionAttributeValues: { ':balances': { S: directoryKey } },
      ExclusiveStartKey: after === undefined ? undefined : { pk: { S: directoryKey }, sk: { S: after } },
      Limit: limit,
    });
    const { Items = [] } = await run('listing balances', dynamo.send(query));
    return Items.map(item => item.sk?.S ?? '');
  }

  /** The directory entry comes first, so that no balance escapes the sweep. */
  private async createItem(accountId: string): Promise<boolean> {
    const { dynamo, tables } = this.store;
    const entry = { pk: { S: directoryKey }, sk: { S: accountId } };
    await run('opening a balance', dynamo.send(new PutItemCommand({ TableName: tables.credits, Item: entry })));
    const put = new PutItemCommand({
      TableName: tables.credits,
      Item: toBalanceItem(accountId, emptyStoredBalance()),
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    return (await attempt('opening a balance', dynamo.send(put))) !== undefined;
  }

  /**
   * Writes a lot event: lots, next expiry and version as computed; amounts as differences, because spending goes on.
   * `exact` adds that no hold and no spending happened since the balance was read.
   */
  private async writeLotEvent(
    accountId: string,
    before: Balance,
    after: Balance,
    rows: JournalRow[],
    kind: { exact?: true; settledHold?: Hold; addedLot?: JournalRow },
  ): Promise<boolean> {
    const { dynamo, tables } = this.store;
    assert.deepEqual(brokenRules(after), [], 'a lot event keeps every rule of the balance');
    const names: Record<string, string> = {};
    const values: Record<string, ReturnType<typeof number> | { S: string } | ReturnType<typeof toLotItems>> = {
      ':lots': toLotItems(after.lots),
      ':next': number(after.nextExpiryAtSeconds),
      ':dying': number(after.dyingNanoUsd),
      ':version': number(before.version),
      ':newVersion': number(after.version),
    };
    const sets = ['l = :lots', 'x = :next', 'd = :dying', 'v = :newVersion'];
    const conditions = [lotsAsRead];
    for (const [name, field] of amountFields) {
      const difference = after[field] - before[field];
      if (difference === 0n) continue;
      sets.push(`${name} = ${name} + :${name}`);
      values[`:${name}`] = number(difference);
    }
    rows.forEach((row, index) => {
      names[`#row${index}`] = row.id;
      values[`:row${index}`] = { S: JSON.stringify(row) };
      sets.push(`b.#row${index} = :row${index}`);
    });
    if (kind.addedLot) {
      names['#lot'] = kind.addedLot.lotId;
      values[':digest'] = { S: kind.addedLot.requestDigest ?? '' };
      sets.push('m.#lot = :digest');
    }
    if (kind.exact) {
      conditions.push(holdsAndSpendingAsRead);
      values[':held'] = number(before.heldNanoUsd);
      values[':consumed'] = number(before.consumedNanoUsd);
    }
    if (kind.settledHold) {
      conditions.push(holdIsOpen);
      names['#hold'] = holdKey(kind.settledHold.id);
      values[':units'] = number(kind.settledHold.amountNanoUsd / holdUnitNanoUsd);
    }
    const update = new UpdateItemCommand({
      TableName: tables.credits,
      Key: balanceKey(accountId),
      UpdateExpression: `SET ${sets.join(', ')}${kind.settledHold ? ' REMOVE o.#hold' : ''}`,
      ConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: Object.keys(names).length > 0 ? names : undefined,
      ExpressionAttributeValues: values,
    });
    return (await attempt('changing lots', dynamo.send(update))) !== undefined;
  }

  private expiryRows(accountId: string, expiries: Expiry[], nowMs: number): JournalRow[] {
    return expiries.map(({ lotId, amountNanoUsd }) => ({
      id: newId('jr', nowMs, this.randomBytes),
      accountId,
      kind: 'expiry',
      lotId,
      amountNanoUsd: (-amountNanoUsd).toString(),
      createdAt: new Date(nowMs).toISOString(),
    }));
  }
}

const amountFields = [
  ['a', 'availableNanoUsd'],
  ['h', 'heldNanoUsd'],
  ['s', 'spentNanoUsd'],
  ['e', 'expiredNanoUsd'],
  ['p', 'purchasedNanoUsd'],
  ['c', 'consumedNanoUsd'],
] as const;
