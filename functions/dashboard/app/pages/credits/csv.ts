import type { Transaction } from '../../api.ts';

const columns = [
  'id',
  'created_at',
  'kind',
  'category',
  'amount_usd',
  'amount_nano_usd',
  'balance_after_nano_usd',
  'fee_nano_usd',
  'price_version',
  'lot_id',
  'refund_id',
  'request_id',
  'expires_at',
  'reason',
] as const satisfies readonly (keyof Transaction)[];

/** As RFC 4180 says, under the names that the API has. */
export function toCsv(transactions: readonly Transaction[]): string {
  const lines = transactions.map(transaction => columns.map(column => toCell(transaction[column])).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}

/** People choose reasons. A spreadsheet would run one that begins like a formula, so it gets a quote in front. */
function toCell(value: string | null): string {
  if (value === null) return '';
  const isNumber = /^-?\d+(\.\d+)?$/.test(value);
  const text = !isNumber && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
