import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * Money that arrived and bought no credits, for operators to settle by hand. Credits table: `pk = REFUSED_PAYMENTS`,
 * `sk = <payment>`.
 */
export interface RefusedPayment {
  /** Stripe's id of the payment intent, or of the checkout session. */
  paymentId: string;
  sessionId: string;
  eventId: string;
  /** As the session names it; there may be no such account. */
  accountId: string;
  /** As the session has them: the amount in the currency's smallest unit, as text. */
  amount: string;
  currency: string;
  reason: string;
  createdAt: string;
}

/** Writing one again replaces it. */
export async function recordRefusedPayment({ dynamo, tables }: Store, payment: RefusedPayment): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.credits,
    Item: toItem({ ...paymentKey(payment.paymentId), ...payment }),
  });
  await run('recording a refused payment', dynamo.send(put));
}

export async function findRefusedPayment(
  { dynamo, tables }: Store,
  paymentId: string,
): Promise<RefusedPayment | undefined> {
  const get = new GetItemCommand({
    TableName: tables.credits,
    Key: toItem(paymentKey(paymentId)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a refused payment', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as RefusedPayment);
}

function paymentKey(paymentId: string) {
  return { pk: 'REFUSED_PAYMENTS', sk: paymentId };
}
