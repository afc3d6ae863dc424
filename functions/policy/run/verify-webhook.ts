import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { verifyWebhook } from '../actions/verify-webhook.ts';
import type { ActionRunner } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';
import { digestText, sameDigest } from './same-text.ts';
import { genericSignatures, providerSignatures, type Signatures, type SignedRequest } from './webhook-signatures.ts';

/** How far from now a signed time may be: what is older may be a repetition. */
const toleranceDefaultMs = 300_000;

export const runVerifyWebhook: ActionRunner<z.output<typeof verifyWebhook.config>> = (config, compiler) => {
  const { provider, tolerance = toleranceDefaultMs } = config;
  const secretTemplate = compiler.template(config.secret);
  const signaturesOf = (request: SignedRequest, secret: string): Signatures => {
    if (provider !== 'generic_hmac') return providerSignatures[provider](request, secret);
    const { header = '', algorithm = 'sha256', encoding = 'hex', prefix = '', timestamp_header } = config;
    const timestampHeader = timestamp_header?.toLowerCase();
    const format = { header: header.toLowerCase(), algorithm, encoding, prefix, timestampHeader };
    return genericSignatures(format, request, secret);
  };
  return run => {
    const secret = run.renderText(secretTemplate, compiler.label);
    if (secret === '') throw new GatewayError('ERR_NGROK_2238', `The secret of ${compiler.label} is empty; set it`);
    const reason = mistakeIn(signaturesOf(signedRequest(run), secret), run.services.now(), tolerance);
    const message = reason && `The request is not a webhook of ${provider}: ${reason}`;
    run.note('verify-webhook', {
      verified: reason === undefined,
      error: message ? { code: 'webhook_not_verified', message } : { code: '', message: '' },
    });
    if (message && config.enforce) throw new GatewayError('webhook_not_verified', message);
    return undefined;
  };
};

function mistakeIn(
  { shown, right, sentAtSeconds }: Signatures,
  nowMs: number,
  toleranceMs: number,
): string | undefined {
  if (shown.length === 0) return 'it shows no signature';
  const digests = right.map(digestText);
  const isRight = shown.flatMap(text => digests.map(digest => sameDigest(digestText(text), digest))).includes(true);
  if (!isRight) return 'its signature does not fit the secret and what was sent';
  if (sentAtSeconds === undefined || Math.abs(nowMs - sentAtSeconds * 1_000) <= toleranceMs) return undefined;
  return 'its time is too far from now; the same request may have been sent before';
}

/** Endpoints have an address of their own, and may have hosts; a port may be part of what was signed, or not. */
function signedRequest({ caller, request }: PolicyRun): SignedRequest {
  const host = request.headers.host ?? '';
  const query = request.query === '' ? '' : `?${request.query}`;
  const hosts = new Set([host, host.replace(/:\d+$/, ''), /:\d+$/.test(host) ? host : `${host}:443`]);
  const paths = [request.path, `/e/${caller.endpoint.slug}${request.path}`];
  const urls = [...hosts].flatMap(name => paths.map(path => `${caller.scheme}://${name}${path}${query}`));
  return { urls: urls.filter(url => URL.canParse(url)), headers: request.headers, body: request.body };
}
