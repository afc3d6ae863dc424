import { z } from 'zod';
import { formatUsd } from '../core/money.ts';
import { nanoUsdAnswer, page, pageAnswer, pageQuery, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { type Route, route } from '../management/route.ts';
import { type JournalRow, listJournal } from '../store/journal.ts';
import { listCharges, type UsageRecord } from '../store/usage.ts';

const path = '/credits/transactions';

const transactionAnswer = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    category: z.string().nullable(),
    amount_usd: usdAnswer.describe('Positive when credits came in'),
    amount_nano_usd: nanoUsdAnswer,
    created_at: timestampAnswer,
    lot_id: z.string().nullable(),
    refund_id: z.string().nullable(),
    request_id: z.string().nullable(),
    reason: z.string().nullable(),
    expires_at: timestampAnswer.nullable(),
    fee_nano_usd: nanoUsdAnswer.nullable(),
    price_version: z.string().nullable(),
    balance_after_nano_usd: nanoUsdAnswer.nullable(),
  })
  .meta({ id: 'Transaction' });

/** What changed the balance, newest first: the journal's rows, and the charges, which the usage records hold. */
export const transactionRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List what changed the balance',
    query: pageQuery.extend({
      before_id: z
        .string()
        .regex(/^(jr_[0-9A-Za-z]{15}|rq_[0-9A-Za-z]{13})$/, 'is not the id of a transaction')
        .optional(),
    }),
    answer: pageAnswer('transactions', transactionAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const moment = before_id?.slice('jr_'.length);
      const [rows, charges] = await Promise.all([
        listJournal(store, caller.accountId, { beforeId: moment && `jr_${moment}`, limit: limit + 1 }),
        listCharges(store, caller.accountId, { beforeRequestId: moment && `rq_${moment}`, limit: limit + 1 }),
      ]);
      const all = [...rows.map(fromJournal), ...charges.map(fromRecord)].sort((a, b) => (a.moment < b.moment ? 1 : -1));
      const items = all.slice(0, limit).map(({ moment: _, ...item }) => item);
      const more = all.length > limit;
      return { status: 200, body: page('transactions', items, { origin, path, limit, more }) };
    },
  }),
];

function fromJournal(row: JournalRow) {
  return {
    ...amounts(BigInt(row.amountNanoUsd)),
    id: row.id,
    moment: row.id.slice('jr_'.length),
    kind: row.kind,
    category: row.category ?? null,
    created_at: row.createdAt,
    lot_id: row.lotId,
    refund_id: row.refundId ?? null,
    request_id: null,
    reason: row.reason ?? null,
    expires_at: row.expiresAt ?? null,
    fee_nano_usd: null,
    price_version: null,
    balance_after_nano_usd: row.balanceAfterNanoUsd ?? null,
  };
}

function fromRecord(record: UsageRecord) {
  return {
    ...amounts(-BigInt(record.costNanoUsd)),
    id: record.requestId,
    moment: record.requestId.slice('rq_'.length),
    kind: record.outcome === 'abandoned' ? 'abandoned' : 'charge',
    category: null,
    created_at: record.createdAt,
    lot_id: null,
    refund_id: null,
    request_id: record.requestId,
    reason: null,
    expires_at: null,
    fee_nano_usd: record.feeNanoUsd,
    price_version: record.priceVersion ?? null,
    balance_after_nano_usd: null, // others spend at the same time, so no charge knows it
  };
}

function amounts(amountNanoUsd: bigint) {
  return { amount_usd: formatUsd(amountNanoUsd), amount_nano_usd: amountNanoUsd.toString() };
}
