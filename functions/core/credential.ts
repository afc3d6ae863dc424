import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type RandomBytes, toDigits } from './ids.ts';

/**
 * Tollgate's own tokens look like `ng-Xk2…-g1-9fQ…`: 190 random bits in two parts, the kind between them, and a checksum
 * at the end, so that a mistyped token is refused without a look-up and a leaked one is easy to find.
 */
export type CredentialKind = 'gateway_key' | 'management_key';

const markers = { gateway_key: 'g1', management_key: 'm1' } as const;
const partLength = 16;
const checksumLength = 6;
const shape = new RegExp(`^ng-([0-9A-Za-z]{${partLength}})-(g1|m1)-([0-9A-Za-z]{${partLength + checksumLength}})$`);

/** A fresh token. It is shown once; only its digest is stored. */
export function newToken(kind: CredentialKind, randomBytes: RandomBytes): string {
  const unsigned = `ng-${randomText(randomBytes)}-${markers[kind]}-${randomText(randomBytes)}`;
  return unsigned + checksum(unsigned);
}

/**
 * What a credential claims to be, judged by its form alone.
 * Anything that starts like one of our tokens is ours, right or wrong, and must never be forwarded to a provider.
 */
export function classifyCredential(credential: string): CredentialKind | 'malformed' | 'foreign' {
  if (!/^ng[-_]/.test(credential)) return 'foreign';
  const match = shape.exec(credential);
  if (!match) return 'malformed';
  if (checksum(credential.slice(0, -checksumLength)) !== credential.slice(-checksumLength)) return 'malformed';
  return match[2] === 'g1' ? 'gateway_key' : 'management_key';
}

/** What is stored and looked up instead of the token: HMAC-SHA-256 under the deployment's pepper, base64url. */
export function digestToken(token: string, pepper: string): string {
  return createHmac('sha256', pepper).update(token).digest('base64url');
}

const tokenAnywhere = /ng-[0-9A-Za-z]{16}-[gm]1-[0-9A-Za-z]{22}/g;

/** A text in which tokens of ours are trimmed to what is safe to show. */
export function redactTokens(text: string): string {
  return text.replace(tokenAnywhere, trimToken);
}

/** A form of a secret that is safe to show: its first and last characters, never more than a third of it. */
export function redactToken(token: string): string {
  const shown = Math.min(4, Math.floor(token.length / 6));
  return `${token.slice(0, shown)}…${token.slice(token.length - shown)}`;
}

/**
 * How result variables show a credential: its first seven characters and its last four, as `sk-proj...wxyz`; less of a
 * short one.
 */
export function trimToken(token: string): string {
  if (token.length < 24) return token === '' ? '' : redactToken(token);
  return `${token.slice(0, 7)}...${token.slice(-4)}`;
}

function checksum(text: string): string {
  return toDigits(crc32(text), checksumLength);
}

/** Sixteen base-62 characters. Bytes of 248 and more are thrown away, so that every character is equally likely. */
function randomText(randomBytes: RandomBytes): string {
  let text = '';
  while (text.length < partLength) {
    for (const byte of randomBytes(partLength)) {
      if (byte < 248 && text.length < partLength) text += toDigits(byte % 62, 1);
    }
  }
  return text;
}
