import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { parseFee } from '../functions/core/fee.ts';
import { readCollectorHeaders } from '../functions/rollup/telemetry/collector.ts';
import { checkEventTargetArn } from './event-targets.ts';

/** What a deployment may choose; given as CDK context: `npx cdk deploy -c fee=5% -c alarmEmail=team@example.com`. */
export interface DeploymentSettings {
  /** The deployment's own charge: `5%`, `0.05/M` (USD per million tokens) or `5%+0.05/M`. */
  fee: string;
  /** Requests a minute and account that the management API admits. */
  managementRateLimit: number;
  /** How long the gateway may go on using a key, an endpoint or a secret that has changed. */
  configCacheMs: number;
  logRetentionDays: RetentionDays;
  /** The account's Lambda quota in this Region; an alarm warns at four fifths of it. */
  concurrencyQuota: number;
  /** Log groups, Firehose streams and event buses that event destinations may name, by their ARNs. */
  eventTargetArns: readonly string[];
  /** An OpenTelemetry collector that takes OTLP over HTTP: its base URL. Without one no telemetry is sent. */
  otlpEndpoint?: string;
  /** Headers for it as `name=value,…`; whoever may read the function's settings sees them. */
  otlpHeaders?: string;
  /** Who is told about alarms. Without it alarms only show in CloudWatch, and no topic and key are paid for. */
  alarmEmail?: string;
}

export const defaultSettings: DeploymentSettings = {
  fee: '0%',
  managementRateLimit: 120,
  configCacheMs: 30_000,
  logRetentionDays: 30,
  concurrencyQuota: 1_000,
  eventTargetArns: [],
};

/** The periods that CloudWatch Logs knows; it refuses every other number. */
const retentionDays: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * @param context what CDK's `tryGetContext` answers: text from the command line, any JSON from `cdk.json`
 * @throws Error naming the setting, its value and what it may be
 */
export function readDeploymentSettings(context: (name: string) => unknown): DeploymentSettings {
  const fee = String(context('fee') ?? defaultSettings.fee);
  if (!parseFee(fee)) throw new Error(`fee is "${fee}"; write it as 5%, 0.05/M or 5%+0.05/M`);
  const logRetentionDays = readWholeNumber('logRetentionDays', context);
  if (!retentionDays.includes(logRetentionDays)) {
    throw new Error(`logRetentionDays is ${logRetentionDays}; use one of ${retentionDays.join(', ')}`);
  }
  const alarmEmail = context('alarmEmail');
  if (alarmEmail !== undefined && !/^[^@\s]+@[^@\s]+$/.test(String(alarmEmail))) {
    throw new Error(`alarmEmail is "${alarmEmail}"; give an e-mail address or leave it out`);
  }
  const otlpEndpoint = context('otlpEndpoint');
  if (otlpEndpoint !== undefined && !/^https?:\/\/[^/]/.test(String(otlpEndpoint))) {
    throw new Error(
      `otlpEndpoint is "${otlpEndpoint}"; give the base URL of a collector, such as https://otel.example.com:4318`,
    );
  }
  const otlpHeaders = context('otlpHeaders');
  if (otlpHeaders !== undefined) readCollectorHeaders(String(otlpHeaders));
  return {
    fee,
    managementRateLimit: readWholeNumber('managementRateLimit', context),
    configCacheMs: readWholeNumber('configCacheMs', context),
    logRetentionDays,
    concurrencyQuota: readWholeNumber('concurrencyQuota', context),
    eventTargetArns: readArns(context('eventTargetArns')),
    ...(otlpEndpoint !== undefined && { otlpEndpoint: String(otlpEndpoint) }),
    ...(otlpHeaders !== undefined && { otlpHeaders: String(otlpHeaders) }),
    ...(alarmEmail !== undefined && { alarmEmail: String(alarmEmail) }),
  };
}

/** A list in `cdk.json`, or one text with commas from the command line. */
function readArns(given: unknown): string[] {
  const list = Array.isArray(given) ? given.map(String) : String(given ?? '').split(',');
  return list
    .map(arn => arn.trim().replace(/:\*$/, ''))
    .filter(arn => arn !== '')
    .map(checkEventTargetArn);
}

function readWholeNumber(
  name: 'managementRateLimit' | 'configCacheMs' | 'logRetentionDays' | 'concurrencyQuota',
  context: (name: string) => unknown,
): number {
  const given = context(name) ?? defaultSettings[name];
  const value = Number(given);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} is "${given}"; use a whole number above 0`);
}
