import { parseDurationMs } from '../../functions/core/clock.ts';
import { parseFee } from '../../functions/core/fee.ts';

/** What `npm start` was told through its environment. */
export interface LocalSettings {
  /** 0 picks a free port. */
  port: number;
  managementPort: number;
  dataFolder: string;
  /** Provider id → managed key. */
  managedKeys: Record<string, string>;
  /** Stripe's `secret_key` and `webhook_secret`; empty without it. */
  stripe: Record<string, string>;
  /** Another address for Stripe's API, for tests. */
  stripeApiBase: string | undefined;
  baseUrls: Record<string, string>;
  clockOffset: string;
  configCacheMs: number;
  managementRateLimit: number;
  /** How often usage records are counted. */
  rollupSeconds: number;
  fee: string;
  /** Where the lines of requests go; nowhere unless asked for. */
  log: 'stdout' | 'file' | undefined;
  /** Only the gateway, on the stores of another process. */
  gatewayOnly: boolean;
  dynamodbUrl: string | undefined;
  secretsManagerUrl: string | undefined;
}

/** One or more variables cannot be used; the message is one line that names each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** @throws SettingsError naming every variable that is malformed, its value and what it may be */
export function readLocalSettings(environment: NodeJS.ProcessEnv): LocalSettings {
  const problems: string[] = [];
  const read = <Value>(
    name: string,
    fallback: Value,
    parse: (text: string) => Value | undefined,
    remedy: string,
  ): Value => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    problems.push(`${name} is "${text}"; ${remedy}`);
    return fallback;
  };
  const port = read('TOLLGATE_PORT', 8787, parsePort, 'use a port from 0 to 65535');
  const role = read(
    'TOLLGATE_ROLE',
    '',
    text => (text === 'gateway' ? text : undefined),
    'use "gateway" or leave it out',
  );
  const settings = {
    port,
    managementPort: read(
      'TOLLGATE_MANAGEMENT_PORT',
      port === 0 || port === 65_535 ? 0 : port + 1,
      parsePort,
      'use a port from 0 to 65535',
    ),
    dataFolder: environment.TOLLGATE_DATA || '.tollgate',
    managedKeys: managedKeys(environment),
    stripe: stripeKeys(environment),
    stripeApiBase: read('TOLLGATE_STRIPE_API_BASE', undefined, parseUrl, 'use an http or https URL'),
    baseUrls: read(
      'TOLLGATE_PROVIDER_BASE_URLS',
      {},
      parseBaseUrls,
      'use a JSON map such as {"openai":"http://127.0.0.1:9000/v1"}',
    ),
    clockOffset: read(
      'TOLLGATE_CLOCK_OFFSET',
      '0s',
      text => (parseDurationMs(text) === undefined ? undefined : text),
      'use a duration such as 366d or 1h30m',
    ),
    configCacheMs: read('TOLLGATE_CONFIG_CACHE_MS', 200, parseWhole, 'use whole milliseconds'),
    managementRateLimit: read(
      'TOLLGATE_MANAGEMENT_RATE_LIMIT',
      120,
      text => parseWhole(text) || undefined,
      'use a whole number of requests a minute, at least 1',
    ),
    rollupSeconds: read('TOLLGATE_ROLLUP_SECONDS', 10, parseRollupSeconds, 'use whole seconds from 1 to 300'),
    fee: read('TOLLGATE_FEE', '0%', text => (parseFee(text) ? text : undefined), 'write it as 5%, 0.05/M or 5%+0.05/M'),
    log: read<LocalSettings['log']>(
      'TOLLGATE_LOG',
      undefined,
      text => (text === 'stdout' || text === 'file' ? text : undefined),
      'use "stdout", or "file" for requests.log in the data folder',
    ),
    gatewayOnly: role === 'gateway',
    dynamodbUrl: read('AWS_ENDPOINT_URL_DYNAMODB', undefined, parseUrl, 'use an http or https URL'),
    secretsManagerUrl: read('AWS_ENDPOINT_URL_SECRETS_MANAGER', undefined, parseUrl, 'use an http or https URL'),
  };
  if (settings.gatewayOnly && !(settings.dynamodbUrl && settings.secretsManagerUrl)) {
    problems.push('TOLLGATE_ROLE=gateway needs AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_SECRETS_MANAGER');
  }
  if (problems.length > 0) throw new SettingsError(problems.join('; '));
  return settings;
}

function managedKeys({ OPENAI_API_KEY, ANTHROPIC_API_KEY }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(OPENAI_API_KEY && { openai: OPENAI_API_KEY }),
    ...(ANTHROPIC_API_KEY && { anthropic: ANTHROPIC_API_KEY }),
  };
}

function stripeKeys({ STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(STRIPE_SECRET_KEY && { secret_key: STRIPE_SECRET_KEY }),
    ...(STRIPE_WEBHOOK_SECRET && { webhook_secret: STRIPE_WEBHOOK_SECRET }),
  };
}

function parsePort(text: string): number | undefined {
  const port = parseWhole(text);
  return port !== undefined && port <= 65_535 ? port : undefined;
}

function parseWhole(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function parseRollupSeconds(text: string): number | undefined {
  const seconds = parseWhole(text);
  return seconds !== undefined && seconds >= 1 && seconds <= 300 ? seconds : undefined;
}

function parseUrl(text: string): string | undefined {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}

function parseBaseUrls(text: string): Record<string, string> | undefined {
  try {
    const map: unknown = JSON.parse(text);
    if (typeof map !== 'object' || map === null || Array.isArray(map)) return undefined;
    return Object.values(map).every(url => typeof url === 'string' && parseUrl(url))
      ? (map as Record<string, string>)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
