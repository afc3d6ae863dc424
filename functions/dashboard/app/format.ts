const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD' });

/** `1,234` */
export const formatCount = (count: number): string => whole.format(count);

/** `1.2K`, where there is little room. */
export const formatShort = (count: number): string => short.format(count);

/**
 * A USD amount, given as the decimal string of the API: cents, or as many digits as it takes to show a small one.
 * `$12.50`, `$0.000123`
 */
export function formatUsd(amount: string | number): string {
  const value = Number(amount);
  if (value === 0 || Math.abs(value) >= 1) return cents.format(value);
  const digits = Math.min(9, Math.max(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(value);
}

/** The decimal string of an amount that the API gives in whole nano-USD. */
export function usdOfNano(amount: string | bigint): string {
  const value = BigInt(amount);
  const digits = (value < 0n ? -value : value).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0{1,7}$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -9)}.${fraction}`;
}

/** `340 ms`, `2.4 s` */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000
    ? `${(ms / 1_000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** `12.5%` of a part between 0 and 1 */
export const formatPart = (part: number): string =>
  `${(part * 100).toFixed(part === 0 || part >= 0.0995 ? 0 : part >= 0.00995 ? 1 : 2)}%`;

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** In the reader's zone. */
export const formatTime = (at: string): string => dayAndTime.format(new Date(at));
export const formatDay = (at: string): string => day.format(new Date(at));

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const shortDay = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** In two parts, for lists: `8:03:58 PM` and `Nov 24`. */
export const formatClock = (at: string): string => clock.format(new Date(at));
export const formatShortDay = (at: string): string => shortDay.format(new Date(at));

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** `3 minutes ago`, `in 2 days` */
export function formatAgo(at: string, nowMs = Date.now()): string {
  const ms = new Date(at).getTime() - nowMs;
  const [unit, size] = units.find(([, unitMs]) => Math.abs(ms) >= unitMs) ?? ['second', 1_000];
  return relative.format(Math.round(ms / size), unit);
}
