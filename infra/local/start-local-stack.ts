import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { clockWithOffset } from '../../functions/core/clock.ts';
import { openStore, type TableNames } from '../../functions/store/dynamo.ts';
import { openSecrets } from '../../functions/store/secrets.ts';
import { fallbackFunction, managementCors, managementRoutes } from '../management-routes.ts';
import { lockDataFolder } from './data-folder.ts';
import { demoKey, demoProvider, startDemoProvider } from './demo-provider.ts';
import { createTables, startDynamo } from './dynamo.ts';
import { type FirstRun, prepareFirstRun } from './first-run.ts';
import { serveHttpApi } from './http-api.ts';
import { installLambdaRuntime, reportToStderr, type StreamingHandler, serveFunctionUrl } from './lambda-runtime.ts';
import { startSecrets } from './secrets.ts';
import type { LocalSettings } from './settings.ts';
import { runEvery } from './timers.ts';

const tables: TableNames = {
  keys: 'TollgateKeys',
  endpoints: 'TollgateEndpoints',
  credits: 'TollgateCredits',
  usage: 'TollgateUsage',
};
const pepperSecret = 'tollgate/pepper';
const managedKeysSecret = 'tollgate/managed-keys';
const stripeSecret = 'tollgate/stripe';
const firstRunSecret = 'tollgate/first-run';
/** In the data folder. */
const logFile = 'requests.log';
const sweepIntervalMs = 10_000;

/** As long as writing a record may take: three tries of three seconds. */
const rollupGraceSeconds = 10;

/** How long running requests may go on after a stop. */
const drainMs = 10_000;

/** Everything that was started, in order; closed in the opposite order. */
type Closing = () => Promise<unknown>;

/** The whole of Tollgate on one machine: the functions themselves, and stand-ins for what AWS provides. */
export async function startLocalStack(settings: LocalSettings): Promise<{ message: string; close(): Promise<void> }> {
  const closings: Closing[] = [];
  const close = async () => {
    for (const closeOne of closings.splice(0).reverse()) await closeOne();
  };
  try {
    const { dynamodbUrl, secretsManagerUrl } = await startStores(settings, closings);
    const demo = await startDemoProvider();
    closings.push(demo.close);
    setEnvironment(settings, { dynamodbUrl, secretsManagerUrl, demoUrl: demo.baseUrl });
    installLambdaRuntime();
    const firstRun = settings.gatewayOnly ? undefined : await firstRunOf(settings);
    const gateway = await import('../../functions/gateway/handler.ts');
    const gatewayServer = await serveFunctionUrl(gateway.handler as unknown as StreamingHandler, {
      port: settings.port,
      functionName: 'gateway',
      drainMs,
    });
    closings.push(gatewayServer.close);
    if (!firstRun) return { message: `Tollgate gateway: ${gatewayServer.url}`, close };

    process.env.TOLLGATE_GATEWAY_URL = gatewayServer.url;
    const managementServer = await serveHttpApi(await managementHandlers(join(settings.dataFolder, 'dashboard')), {
      port: settings.managementPort,
      drainMs,
      cors: managementCors,
    });
    closings.push(managementServer.close);
    const expiry = await import('../../functions/expiry/handler.ts');
    const rollup = await import('../../functions/rollup/handler.ts');
    const counting = runEvery(settings.rollupSeconds * 1_000, rollup.handler, error =>
      reportToStderr('counting usage failed', error),
    );
    closings.push(counting.close);
    const delivery = await import('../../functions/delivery/handler.ts');
    const delivering = runEvery(settings.rollupSeconds * 1_000, delivery.handler, error =>
      reportToStderr('delivering events failed', error),
    );
    closings.push(delivering.close);
    closings.push(runEvery(sweepIntervalMs, expiry.handler, error => reportToStderr('the sweep failed', error)).close);

    const urls = {
      gatewayUrl: gatewayServer.url,
      managementUrl: managementServer.url,
      dashboardUrl: `${managementServer.url}/dashboard`,
    };
    writePrivately(join(settings.dataFolder, 'first-run.json'), {
      ...urls,
      ...firstRun,
      dynamodbUrl,
      secretsManagerUrl,
    });
    return { message: readyMessage(urls, firstRun), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startStores(settings: LocalSettings, closings: Closing[]) {
  if (!settings.gatewayOnly) closings.push((await lockDataFolder(settings.dataFolder)).release);
  let { dynamodbUrl, secretsManagerUrl } = settings;
  if (!dynamodbUrl) {
    const dynamo = await startDynamo({ path: join(settings.dataFolder, 'dynamodb'), tables });
    closings.push(dynamo.close);
    dynamodbUrl = dynamo.url;
  }
  if (!secretsManagerUrl) {
    const secrets = await startSecrets({ folder: settings.dataFolder });
    closings.push(secrets.close);
    secretsManagerUrl = secrets.url;
  }
  return { dynamodbUrl, secretsManagerUrl };
}

/** What the stack sets for deployed functions, and what only the local stack may. */
function setEnvironment(
  settings: LocalSettings,
  urls: { dynamodbUrl: string; secretsManagerUrl: string; demoUrl: string },
): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodbUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: urls.secretsManagerUrl,
    AWS_REGION: process.env.AWS_REGION ?? 'us-east-1',
    AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'local',
    AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'local',
    TOLLGATE_KEYS_TABLE: tables.keys,
    TOLLGATE_ENDPOINTS_TABLE: tables.endpoints,
    TOLLGATE_CREDITS_TABLE: tables.credits,
    TOLLGATE_USAGE_TABLE: tables.usage,
    TOLLGATE_PEPPER_SECRET: pepperSecret,
    TOLLGATE_MANAGED_KEYS_SECRET: managedKeysSecret,
    TOLLGATE_STRIPE_SECRET: stripeSecret,
    TOLLGATE_ACCOUNT_SECRETS_PREFIX: 'tollgate/accounts/',
    TOLLGATE_DESTINATION_SECRETS_PREFIX: 'tollgate/destinations/',
    TOLLGATE_STORE_TIMEOUT_MS: '10000',
    TOLLGATE_CONFIG_CACHE_MS: String(settings.configCacheMs),
    TOLLGATE_MANAGEMENT_RATE_LIMIT: String(settings.managementRateLimit),
    TOLLGATE_ROLLUP_SECONDS: String(settings.rollupSeconds),
    TOLLGATE_ROLLUP_GRACE_SECONDS: String(rollupGraceSeconds),
    TOLLGATE_FEE: settings.fee,
    TOLLGATE_CLOCK_OFFSET: settings.clockOffset,
    TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify(settings.baseUrls),
    TOLLGATE_LOCAL_PROVIDERS: JSON.stringify([demoProvider(urls.demoUrl)]),
    ...(settings.log && { TOLLGATE_LOG: settings.log === 'file' ? join(settings.dataFolder, logFile) : 'stdout' }),
    ...(settings.stripeApiBase && { TOLLGATE_STRIPE_API_BASE: settings.stripeApiBase }),
    TOLLGATE_ALLOW_LOOPBACK: '1',
    TOLLGATE_ALLOW_PRIVATE: '1',
  });
}

async function firstRunOf({ managedKeys, stripe, clockOffset }: LocalSettings): Promise<FirstRun> {
  const store = openStore(tables);
  const secrets = openSecrets();
  await createTables(new DynamoDBClient(), tables);
  return prepareFirstRun({
    store,
    secrets,
    pepperSecret,
    managedKeysSecret,
    stripeSecret,
    firstRunSecret,
    stripe,
    managedKeys: { ...managedKeys, demo: demoKey },
    now: clockWithOffset(clockOffset),
  });
}

async function managementHandlers(dashboardFolder: string) {
  const handlers = {
    keys: (await import('../../functions/keys/handler.ts')).handler,
    credits: (await import('../../functions/credits/handler.ts')).handler,
    endpoints: (await import('../../functions/endpoints/handler.ts')).handler,
    secrets: (await import('../../functions/secrets/handler.ts')).handler,
    destinations: (await import('../../functions/destinations/handler.ts')).handler,
    observability: (await import('../../functions/observability/handler.ts')).handler,
    dashboard: dashboardHandler(dashboardFolder),
  };
  const routes = managementRoutes.flatMap(({ path, methods, function: name }) =>
    methods.map(method => [`${method} ${path}`, handlers[name]] as const),
  );
  const all = { ...Object.fromEntries(routes), $default: handlers[fallbackFunction] };
  return all as unknown as Parameters<typeof serveHttpApi>[0];
}

/** The dashboard is built when somebody first opens it. */
function dashboardHandler(folder: string) {
  let opened: Promise<typeof import('../../functions/dashboard/handler.ts')> | undefined;
  const open = async () => {
    const { buildDashboard } = await import('../build-dashboard.ts');
    buildDashboard(folder);
    process.env.TOLLGATE_DASHBOARD_FILES = folder;
    return import('../../functions/dashboard/handler.ts');
  };
  return async (event: APIGatewayProxyEventV2, context: Context) => {
    opened ??= open();
    return (await opened).handler(event, context);
  };
}

function writePrivately(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600); // the mode above only counts for a new file
}

function readyMessage(
  { gatewayUrl, managementUrl, dashboardUrl }: { gatewayUrl: string; managementUrl: string; dashboardUrl: string },
  firstRun: FirstRun,
): string {
  const body = '{"model":"demo-chat","stream":true,"messages":[{"role":"user","content":"Hello!"}]}';
  return `
Tollgate is ready.

  Gateway       ${gatewayUrl}/v1
  Management    ${managementUrl}
  Dashboard     ${dashboardUrl}, sign in with the managementKey of first-run.json
  Gateway key   ${firstRun.gatewayKey}

Try it:

  curl -N ${gatewayUrl}/v1/chat/completions -H 'Authorization: Bearer ${firstRun.gatewayKey}' -H 'Content-Type: application/json' -d '${body}'
`;
}
