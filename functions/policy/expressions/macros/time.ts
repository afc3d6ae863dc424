import { Duration } from 'cel-js/evaluator';
import { EvaluationError } from '../expression-error.ts';
import { spend } from '../meter.ts';
import { type MacroFunction, ownName } from './register.ts';

/** A moment by a clock on some wall. */
interface WallTime {
  year: number;
  /** From 0. */
  month: number;
  /** From 1. */
  day: number;
  hours: number;
  minutes: number;
  seconds: number;
  milliseconds: number;
}

const readings: Readonly<Record<string, (time: WallTime) => number>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month,
  getDate: ({ day }) => day,
  getDayOfMonth: ({ day }) => day - 1,
  getDayOfWeek: ({ year, month, day }) => new Date(Date.UTC(year, month, day)).getUTCDay(),
  getDayOfYear: ({ year, month, day }) => (Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000,
  getHours: ({ hours }) => hours,
  getMinutes: ({ minutes }) => minutes,
  getSeconds: ({ seconds }) => seconds,
  getMilliseconds: ({ milliseconds }) => milliseconds,
};

export const timeNames = Object.keys(readings);

const timestamp = 'google.protobuf.Timestamp';
const duration = 'google.protobuf.Duration';

/** The engine's own readings follow the time zone of the process, and make a new calendar for each call. */
export const timeMacros: readonly MacroFunction[] = [
  ...Object.entries(readings).flatMap(([name, read]): MacroFunction[] => [
    {
      signature: `${timestamp}.${ownName(name)}(): int`,
      compute: (time: Date) => BigInt(read(wallTime(time, undefined))),
      whenAbsent: null,
    },
    {
      signature: `${timestamp}.${ownName(name)}(string): int`,
      compute: (time: Date, zone: string) => BigInt(read(wallTime(time, zone))),
      whenAbsent: null,
    },
    { signature: `null.${ownName(name)}(): dyn`, compute: () => null, whenAbsent: null },
  ]),
  {
    signature: `${duration}.${ownName('getHours')}(): int`,
    compute: (span: Duration) => span.seconds / 3_600n,
    whenAbsent: null,
  },
  {
    signature: `${duration}.${ownName('getMinutes')}(): int`,
    compute: (span: Duration) => span.seconds / 60n,
    whenAbsent: null,
  },
  {
    signature: `${duration}.${ownName('getSeconds')}(): int`,
    compute: (span: Duration) => span.seconds,
    whenAbsent: null,
  },
  {
    signature: `${duration}.${ownName('getMilliseconds')}(): int`,
    compute: (span: Duration) => BigInt(Math.trunc(span.nanos / 1_000_000)),
    whenAbsent: null,
  },
  { signature: `${ownName('duration')}(string): ${duration}`, compute: readDuration, whenAbsent: null },
  { signature: `string(${timestamp}): string`, compute: (time: Date) => time.toISOString(), whenAbsent: null },
  { signature: `string(${duration}): string`, compute: (span: Duration) => span.toString(), whenAbsent: null },
  {
    signature: `int(${timestamp}): int`,
    compute: (time: Date) => BigInt(Math.floor(time.getTime() / 1_000)),
    whenAbsent: null,
  },
];

const nanosecondsPer: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

/** `1h30m`, `1.5s` or `-10ms`. */
function readDuration(text: string): Duration {
  const [, sign, parts = ''] = /^([+-]?)((?:\d{1,12}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h)){1,8})$/.exec(text) ?? [];
  if (parts === '')
    throw new EvaluationError("The text is not a duration; write a number and a unit, such as '90s' or '1h30m'");
  const amounts = parts.matchAll(/([\d.]+)([a-zµ]+)/g);
  const nanoseconds = [...amounts].reduce((sum, [, amount, unit]) => sum + nanosecondsOf(amount, unit), 0n);
  const signed = sign === '-' ? -nanoseconds : nanoseconds;
  return new Duration(signed / 1_000_000_000n, Number(signed % 1_000_000_000n));
}

function nanosecondsOf(amount = '', unit = ''): bigint {
  const [integer = '', fraction = ''] = amount.split('.');
  const perUnit = BigInt(nanosecondsPer[unit] as number);
  return BigInt(integer) * perUnit + (BigInt(fraction.padEnd(9, '0')) * perUnit) / 1_000_000_000n;
}

function wallTime(time: Date, zone: string | undefined): WallTime {
  const local = zone === undefined || zone === 'UTC' ? time : new Date(time.getTime() + offsetMs(time, zone));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: local.getUTCMilliseconds(),
  };
}

/** Making a calendar takes some 100 µs, asking it 5 µs. */
const stepsPerCalendar = 1_000;
const stepsPerReading = 100;
const calendarsMax = 32;
const calendars = new Map<string, Intl.DateTimeFormat>();

export const noTimeZone = "There is no such time zone; write a name such as 'Europe/Berlin', or '+02:00'";

/** @param zone `Europe/Berlin`, or an offset such as `+02:00` */
function offsetMs(time: Date, zone: string): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone) ?? [];
  if (hours !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  spend(stepsPerReading);
  const parts = calendarOf(zone).formatToParts(time);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find(({ type: of }) => of === type)?.value);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(time.getTime() / 1_000) * 1_000;
}

function calendarOf(zone: string): Intl.DateTimeFormat {
  const known = calendars.get(zone);
  if (known) return known;
  spend(stepsPerCalendar);
  const numeric = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const;
  try {
    const calendar = new Intl.DateTimeFormat('en-US', { ...numeric, hourCycle: 'h23', timeZone: zone });
    if (calendars.size >= calendarsMax) calendars.clear();
    calendars.set(zone, calendar);
    return calendar;
  } catch {
    throw new EvaluationError(noTimeZone);
  }
}
