import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const secretKey = 'sk_test_hush51NotARealKey';
export const webhookSecret = 'whsec_hushNotARealSecret';

/** A request as Stripe saw it; the form's nested names are flat: `metadata[a]`. */
export interface StripeRequest {
  method: string;
  path: string;
  form: Record<string, string>;
  idempotencyKey: string | undefined;
}

/** As much of Stripe's HTTP API as selling credits needs. */
export interface StripeMock {
  url: string;
  requests: StripeRequest[];
  sessions: Map<string, Record<string, unknown>>;
  /** What to answer instead, until it is undefined again. */
  failure: { status: number; error: Record<string, unknown> } | 'cut' | undefined;
  close(): Promise<void>;
}

export async function startStripeMock(): Promise<StripeMock> {
  const answers = new Map<string, { form: string; body: string }>();
  const mock: StripeMock = { url: '', requests: [], sessions: new Map(), failure: undefined, close: async () => {} };

  const create = (form: Record<string, string>): Record<string, unknown> => {
    const id = `cs_test_${mock.sessions.size + 1}`;
    const session = {
      id,
      object: 'checkout.session',
      status: 'open',
      payment_status: 'unpaid',
      url: `https://checkout.stripe.com/c/pay/${id}`,
      amount_total: Number(form['line_items[0][price_data][unit_amount]']),
      currency: form['line_items[0][price_data][currency]'],
      payment_intent: null,
      client_reference_id: form.client_reference_id,
      metadata: metadataOf(form, 'metadata'),
    };
    mock.sessions.set(id, session);
    return session;
  };

  const server = createServer(async (request, response) => {
    const text = await readText(request);
    const form = Object.fromEntries(new URLSearchParams(text));
    const idempotencyKey = request.headers['idempotency-key']?.toString();
    const { method = '', url: path = '' } = request;
    mock.requests.push({ method, path, form, idempotencyKey });
    if (mock.failure === 'cut') return request.socket.destroy();
    if (mock.failure) return send(response, mock.failure.status, { error: mock.failure.error });
    if (request.headers.authorization !== `Bearer ${secretKey}`) {
      const message = `Invalid API Key provided: ${request.headers.authorization?.slice(7)}`;
      return send(response, 401, { error: { type: 'invalid_request_error', message } });
    }
    if (method === 'POST' && path === '/v1/checkout/sessions') {
      const known = idempotencyKey === undefined ? undefined : answers.get(idempotencyKey);
      if (known && known.form !== text) {
        const message = 'Keys for idempotent requests can only be used with the same parameters';
        return send(response, 400, { error: { type: 'idempotency_error', message } });
      }
      if (known) return send(response, 200, JSON.parse(known.body), { 'idempotent-replayed': 'true' });
      const session = create(form);
      if (idempotencyKey !== undefined) answers.set(idempotencyKey, { form: text, body: JSON.stringify(session) });
      return send(response, 200, session);
    }
    const session = mock.sessions.get(path.replace('/v1/checkout/sessions/', ''));
    if (session) return send(response, 200, session);
    send(response, 404, {
      error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such session' },
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  mock.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mock.close = () => {
    server.closeAllConnections();
    return new Promise(resolve => server.close(() => resolve()));
  };
  return mock;
}

export function metadataOf(form: Record<string, string>, name: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(form)) {
    if (key.startsWith(`${name}[`)) found[key.slice(name.length + 1, -1)] = value;
  }
  return found;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', ...headers });
  response.end(JSON.stringify(body));
}
