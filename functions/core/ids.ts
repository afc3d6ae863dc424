/** Digits in ASCII order, so that ids sort as text in the order they were made. */
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Milliseconds count from 2026-01-01T00:00:00Z, which keeps seven digits enough until 2137. */
const epochMs = Date.UTC(2026, 0, 1);
const timeDigits = 7;
const randomDigits = 8;

/** Every open hold carries its request's id, and every write pays for it: 35 random bits a millisecond are enough there. */
const requestRandomDigits = 6;

/** Source of random bytes; `node:crypto`'s `randomBytes` outside tests. */
export type RandomBytes = (length: number) => Uint8Array;

/** Prefixes of public ids. */
export type IdPrefix =
  | 'ac'
  | 'ae'
  | 'aigk'
  | 'ak'
  | 'ed'
  | 'ep'
  | 'es'
  | 'ev'
  | 'jr'
  | 'lot'
  | 'mv'
  | 'op'
  | 'rf'
  | 'rq'
  | 'secret'
  | 'vault';

/**
 * A new id such as `ep_0aZ3kX9Qm2LbT4w`: seven digits of time in milliseconds, then 47 random bits, 35 for a request.
 * Ids made later sort later. They are names, not secrets.
 */
export function newId(prefix: IdPrefix, nowMs: number, randomBytes: RandomBytes): string {
  const bytes = randomBytes(6);
  let random = 0;
  for (const byte of bytes) random = random * 256 + byte;
  return `${prefix}_${toDigits(Math.floor(nowMs - epochMs), timeDigits)}${toDigits(random, randomDigitsOf(prefix))}`;
}

/** The moment an id was made, in milliseconds since 1970. Takes the id with or without its prefix. */
export function idTimeMs(id: string): number {
  const text = id.slice(id.indexOf('_') + 1);
  return fromDigits(text.slice(0, timeDigits)) + epochMs;
}

/** What every id made in that millisecond begins with: it sorts before them, and after all ids made before. */
export function idMoment(prefix: IdPrefix, timeMs: number): string {
  const sinceEpochMs = Math.min(Math.max(0, Math.floor(timeMs - epochMs)), 62 ** timeDigits - 1);
  return `${prefix}_${toDigits(sinceEpochMs, timeDigits)}`;
}

/** Whether text is an id of this kind, so that nothing else reaches a store as a key. */
export function isId(prefix: IdPrefix, text: string): boolean {
  const digitsOf = text.slice(prefix.length + 1);
  return (
    text.startsWith(`${prefix}_`) &&
    digitsOf.length === timeDigits + randomDigitsOf(prefix) &&
    /^[0-9A-Za-z]+$/.test(digitsOf)
  );
}

function randomDigitsOf(prefix: IdPrefix): number {
  return prefix === 'rq' ? requestRandomDigits : randomDigits;
}

/** The number that digits in base 62 stand for. */
export function fromDigits(text: string): number {
  let value = 0;
  for (const character of text) value = value * 62 + digits.indexOf(character);
  return value;
}

/** The lowest digits of a non-negative whole number, in base 62, most significant first. */
export function toDigits(value: number, length: number): string {
  let text = '';
  for (let rest = Math.max(0, value); text.length < length; rest = Math.floor(rest / 62))
    text = digits[rest % 62] + text;
  return text;
}
