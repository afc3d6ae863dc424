import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import type { GatewayEvent } from '../../functions/events/gateway-event.ts';

export interface Receipt {
  headers: IncomingHttpHeaders;
  body: string;
  events: GatewayEvent[];
}

/** Takes webhooks; what it answers can be changed, and may be nothing at all. */
export interface WebhookReceiver {
  url: string;
  receipts: Receipt[];
  answer: (response: ServerResponse) => void;
  /** All events so far, in the order they came. */
  events(): GatewayEvent[];
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const receipts: Receipt[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    receipts.push({ headers: request.headers, body, events: JSON.parse(body).events });
    receiver.answer(response);
  });
  const receiver: WebhookReceiver = {
    url: '',
    receipts,
    answer: response => response.writeHead(204).end(),
    events: () => receipts.flatMap(({ events }) => events),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  return receiver;
}

/** What Stripe's own library says of a signature: ours has the same form. */
export function isSigned({ headers, body }: Receipt, secret: string): boolean {
  try {
    Stripe.webhooks.constructEvent(body, headers['tollgate-signature'] as string, secret);
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}
