import { createHash, createHmac } from 'node:crypto';

/** A signed request as its receiver sees it. */
export interface SignedRequest {
  /** Every address that it may have been sent to: the one that was signed is not told. */
  urls: readonly string[];
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** The signatures that a request shows, those that would be right, and when it says it was sent. */
export interface Signatures {
  shown: string[];
  right: string[];
  /** Undefined for providers that sign no time; NaN when it is no number. */
  sentAtSeconds?: number;
}

type Sign = (request: SignedRequest, secret: string) => Signatures;

/** How each provider signs. */
export const providerSignatures = {
  /** @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
  github: ({ headers, body }, secret) => ({
    shown: shownIn(headers['x-hub-signature-256']),
    right: [`sha256=${hmac('sha256', secret, body, 'hex')}`],
  }),

  /** @see https://docs.stripe.com/webhooks/signature */
  stripe({ headers, body }, secret) {
    const parts = (headers['stripe-signature'] ?? '').split(',').map(part => part.trim().split('='));
    const valuesOf = (scheme: string) => parts.flatMap(([name, value]) => (name === scheme && value ? [value] : []));
    const [timestamp = ''] = valuesOf('t');
    return {
      shown: valuesOf('v1'),
      right: [hmac('sha256', secret, [`${timestamp}.`, body], 'hex')],
      sentAtSeconds: secondsIn(timestamp),
    };
  },

  /** @see https://docs.slack.dev/authentication/verifying-requests-from-slack */
  slack({ headers, body }, secret) {
    const timestamp = headers['x-slack-request-timestamp'] ?? '';
    return {
      shown: shownIn(headers['x-slack-signature']),
      right: [`v0=${hmac('sha256', secret, [`v0:${timestamp}:`, body], 'hex')}`],
      sentAtSeconds: secondsIn(timestamp),
    };
  },

  /** @see https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
  shopify: ({ headers, body }, secret) => ({
    shown: shownIn(headers['x-shopify-hmac-sha256']),
    right: [hmac('sha256', secret, body, 'base64')],
  }),

  /**
   * The address, followed by the names and values of a form in the order of the names. Of other bodies the address
   * holds a digest.
   * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
   */
  twilio(request, secret) {
    const signed = request.urls.flatMap(url => signedByTwilio(url, request));
    return {
      shown: shownIn(request.headers['x-twilio-signature']),
      right: signed.map(text => hmac('sha1', secret, text, 'base64')),
    };
  },
} satisfies Record<string, Sign>;

/** For every other provider that signs the body, with or without a time. */
export interface GenericSignature {
  header: string;
  algorithm: 'sha1' | 'sha256' | 'sha512';
  encoding: 'hex' | 'base64';
  prefix: string;
  timestampHeader: string | undefined;
}

export function genericSignatures(
  { header, algorithm, encoding, prefix, timestampHeader }: GenericSignature,
  { headers, body }: SignedRequest,
  secret: string,
): Signatures {
  const timestamp = timestampHeader === undefined ? undefined : (headers[timestampHeader] ?? '');
  const signed = timestamp === undefined ? body : [`${timestamp}.`, body];
  return {
    shown: shownIn(headers[header]),
    right: [`${prefix}${hmac(algorithm, secret, signed, encoding)}`],
    ...(timestamp !== undefined && { sentAtSeconds: secondsIn(timestamp) }),
  };
}

function signedByTwilio(url: string, { headers, body }: SignedRequest): string[] {
  const bodyDigest = new URL(url).searchParams.get('bodySHA256');
  if (bodyDigest !== null) {
    return createHash('sha256').update(body).digest('hex') === bodyDigest.toLowerCase() ? [url] : [];
  }
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  // A body that no digest speaks for was not signed, and only a form can be part of what was.
  if (!isForm) return body.length === 0 ? [url] : [];
  const values = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const names = [...values.keys()].sort(byCodeUnits);
  return [
    url +
      names
        .map(name =>
          [...(values.get(name) ?? [])]
            .sort(byCodeUnits)
            .map(value => name + value)
            .join(''),
        )
        .join(''),
  ];
}

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function hmac(
  algorithm: 'sha1' | 'sha256' | 'sha512',
  secret: string,
  signed: string | Buffer | (string | Buffer)[],
  encoding: 'hex' | 'base64',
): string {
  const mac = createHmac(algorithm, secret);
  for (const part of Array.isArray(signed) ? signed : [signed]) mac.update(part);
  return mac.digest(encoding);
}

function shownIn(header: string | undefined): string[] {
  return header ? [header.trim()] : [];
}

function secondsIn(text: string): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
}
