import { join } from 'node:path';
import { CfnOutput, CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Alias, FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type FunctionName, functionAccess } from './access.ts';
import { Alarms } from './alarms.ts';
import { createAlertTopic } from './alert-topic.ts';
import { buildDashboard } from './build-dashboard.ts';
import { grantAccess, type Stores } from './grant-access.ts';
import { briefTimeout, LambdaFunction } from './lambda-function.ts';
import { ManagementApi } from './management-api.ts';
import { metricNamespace } from './metric-namespace.ts';
import { accountSecretsPrefix, createSecrets, destinationSecretsPrefix } from './secrets.ts';
import type { DeploymentSettings } from './settings.ts';
import { createTables } from './tables.ts';

/** Lambda's longest. Models that think can take minutes, and an answer is open as long as its model speaks. */
const gatewayTimeout = Duration.minutes(15);

/** Often enough that money of dead requests comes back soon; no balance waits for it to be right. */
const sweepInterval = Duration.minutes(5);

/** How long records wait at most before they are counted, and with them what strategies know of a slow model. */
const rollupInterval = Duration.minutes(1);

/** How long events wait at most before they are first sent. */
const deliveryInterval = Duration.minutes(1);

/** A record's write takes ten seconds at most; the rest is for the index behind it. */
const rollupGrace = Duration.seconds(30);

/** Made by `npm run tokens`, which `npm ci` runs; the gateway reads them only to count. */
const tokenTables = ['o200k_base', 'cl100k_base'].map(name => `node_modules/.cache/tollgate/${name}.bin`);

/** What browsers load, built anew with every synthesis. */
const dashboardFolder = join(import.meta.dirname, '../node_modules/.cache/tollgate/dashboard');

export interface GatewayStackProps extends StackProps {
  settings: DeploymentSettings;
}

/** All of Tollgate: tables and secrets, the functions, what they may do, how they are reached and when they run. */
export class GatewayStack extends Stack {
  readonly functions: Record<FunctionName, LambdaFunction>;
  private readonly stores: Stores;
  private readonly settings: DeploymentSettings;

  constructor(scope: Construct, id: string, { settings, ...props }: GatewayStackProps) {
    super(scope, id, { description: 'Tollgate: a self-hosted AI gateway', ...props });
    this.settings = settings;
    this.stores = {
      tables: createTables(this),
      secrets: createSecrets(this),
      alertTopic: createAlertTopic(this, settings.alarmEmail),
      eventTargetArns: settings.eventTargetArns,
    };

    const { pepper, managedKeys, managementKey, stripe } = this.stores.secrets;
    if (this.bundlingRequired) buildDashboard(dashboardFolder);
    const pepperVariable = { TOLLGATE_PEPPER_SECRET: pepper.secretArn };
    const management = {
      environment: {
        ...pepperVariable,
        TOLLGATE_CONFIG_CACHE_MS: String(settings.configCacheMs),
        TOLLGATE_MANAGEMENT_RATE_LIMIT: String(settings.managementRateLimit),
      },
    };
    this.functions = {
      gateway: this.addFunction('gateway', {
        description: 'Answers model requests and charges for them',
        timeout: gatewayTimeout,
        files: tokenTables,
        environment: {
          ...pepperVariable,
          TOLLGATE_MANAGED_KEYS_SECRET: managedKeys.secretArn,
          TOLLGATE_ACCOUNT_SECRETS_PREFIX: accountSecretsPrefix,
          TOLLGATE_CONFIG_CACHE_MS: String(settings.configCacheMs),
          TOLLGATE_FEE: settings.fee,
          TOLLGATE_LOG: 'stdout',
          TOLLGATE_METRICS_NAMESPACE: metricNamespace(this),
        },
      }),
      keys: this.addFunction('keys', { description: 'Management API: gateway keys', ...management }),
      credits: this.addFunction('credits', {
        description: 'Management API: balance, grants, purchases, ledger',
        environment: { ...management.environment, TOLLGATE_STRIPE_SECRET: stripe.secretArn },
      }),
      endpoints: this.addFunction('endpoints', {
        description: 'Management API: endpoints, policies',
        environment: { ...management.environment, TOLLGATE_FEE: settings.fee },
      }),
      secrets: this.addFunction('secrets', {
        description: 'Management API: vaults and secrets',
        environment: { ...management.environment, TOLLGATE_ACCOUNT_SECRETS_PREFIX: accountSecretsPrefix },
      }),
      destinations: this.addFunction('destinations', {
        description: 'Management API: event destinations and subscriptions',
        environment: { ...management.environment, TOLLGATE_DESTINATION_SECRETS_PREFIX: destinationSecretsPrefix },
      }),
      observability: this.addFunction('observability', { description: 'Management API: usage records', ...management }),
      dashboard: this.addFunction('dashboard', {
        description: 'The dashboard: its pages and sessions',
        folders: [dashboardFolder],
        ...management,
      }),
      expiry: this.addFunction('expiry', {
        description: 'Expires lots and returns money that dead requests had set aside',
        // A sweep reads every balance; one that stopped half-way would always leave out the same accounts.
        timeout: sweepInterval,
        retryAttempts: 0, // The next sweep does what this one could not.
        environment: {},
      }),
      rollup: this.addFunction('rollup', {
        description: 'Counts usage records',
        // A run that catches up begins no slot in its second minute, but ends the one that it has begun.
        timeout: Duration.minutes(5),
        retryAttempts: 0, // The next run goes on where this one stopped.
        environment: {
          TOLLGATE_ROLLUP_SECONDS: String(rollupInterval.toSeconds()),
          TOLLGATE_ROLLUP_GRACE_SECONDS: String(rollupGrace.toSeconds()),
          ...(settings.otlpEndpoint && { TOLLGATE_OTLP_ENDPOINT: settings.otlpEndpoint }),
          ...(settings.otlpHeaders && { TOLLGATE_OTLP_HEADERS: settings.otlpHeaders }),
        },
      }),
      delivery: this.addFunction('delivery', {
        description: 'Sends events to their destinations',
        // A run begins nothing in its second half.
        timeout: Duration.minutes(2),
        retryAttempts: 0, // The next run sends what this one could not.
        environment: {
          TOLLGATE_DESTINATION_SECRETS_PREFIX: destinationSecretsPrefix,
          TOLLGATE_ALERT_TOPIC: this.stores.alertTopic.topicArn,
          TOLLGATE_CONFIG_CACHE_MS: String(settings.configCacheMs),
        },
      }),
      bootstrap: this.addFunction('bootstrap', {
        description: 'Makes the first account, endpoint and management key',
        environment: { ...pepperVariable, TOLLGATE_MANAGEMENT_KEY_SECRET: managementKey.secretArn },
      }),
    };

    const gatewayUrl = this.addGatewayUrl();
    for (const name of ['observability', 'dashboard'] as const) {
      this.functions[name].addEnvironment('TOLLGATE_GATEWAY_URL', gatewayUrl);
    }
    const managementApi = new ManagementApi(this, 'ManagementApi', {
      functions: this.functions,
      logRetentionDays: settings.logRetentionDays,
    });
    this.addSchedules();
    this.addBootstrap();
    new Alarms(this, 'Alarms', {
      gateway: this.functions.gateway,
      gatewayTimeout,
      expiry: this.functions.expiry,
      managementFaults: managementApi.faults,
      rollup: this.functions.rollup,
      delivery: this.functions.delivery,
      concurrencyQuota: settings.concurrencyQuota,
      email: settings.alarmEmail,
    });

    this.addOutput('GatewayUrl', gatewayUrl, 'Base URL of the gateway; clients append e/<slug>/v1 or v1');
    this.addOutput('ManagementUrl', managementApi.url, 'Base URL of the management API');
    this.addOutput('DashboardUrl', `${managementApi.url}dashboard`, 'The dashboard; sign in with a management key');
    this.addOutput('ManagementKeySecretArn', managementKey.secretArn, 'Secret that holds the first management key');
    this.addOutput('AlertTopicArn', this.stores.alertTopic.topicArn, 'SNS topic that alerts of all accounts go to');
    this.addOutput('PepperSecretArn', pepper.secretArn, 'Secret under which tokens are digested; never change it');
    this.addOutput(
      'ManagedKeysSecretArn',
      managedKeys.secretArn,
      'Secret to put provider keys into: {"openai": "..."}',
    );
    this.addOutput(
      'StripeSecretArn',
      stripe.secretArn,
      'Secret to put Stripe into: {"secret_key": "...", "webhook_secret": "..."}',
    );
  }

  private addFunction(
    name: FunctionName,
    props: {
      description: string;
      environment: Record<string, string>;
      files?: readonly string[];
      folders?: readonly string[];
      timeout?: Duration;
      retryAttempts?: number;
    },
  ): LambdaFunction {
    const { keys, endpoints, credits, usage } = this.stores.tables;
    const lambda = new LambdaFunction(this, `${name[0]?.toUpperCase()}${name.slice(1)}Function`, {
      folder: name,
      timeout: briefTimeout,
      logRetentionDays: this.settings.logRetentionDays,
      ...props,
      environment: {
        TOLLGATE_KEYS_TABLE: keys.tableName,
        TOLLGATE_ENDPOINTS_TABLE: endpoints.tableName,
        TOLLGATE_CREDITS_TABLE: credits.tableName,
        TOLLGATE_USAGE_TABLE: usage.tableName,
        ...props.environment,
      },
    });
    grantAccess(lambda, functionAccess[name], this.stores);
    return lambda;
  }

  /**
   * The gateway's public address. It belongs to an alias: code and settings change together for clients, and going back
   * is one call, `aws lambda update-alias`. AWS's own authentication is off, because clients send their key in the header
   * that it would need: the gateway proves every key itself.
   */
  private addGatewayUrl(): string {
    const live = new Alias(this, 'GatewayLive', { aliasName: 'live', version: this.functions.gateway.currentVersion });
    const { url } = live.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    return url;
  }

  private addSchedules(): void {
    new Rule(this, 'SweepSchedule', {
      description: 'Tollgate: sweeps balances',
      schedule: Schedule.rate(sweepInterval),
      targets: [new LambdaTarget(this.functions.expiry, { retryAttempts: 0 })],
    });
    new Rule(this, 'RollupSchedule', {
      description: 'Tollgate: counts usage records',
      schedule: Schedule.rate(rollupInterval),
      targets: [new LambdaTarget(this.functions.rollup, { retryAttempts: 0 })],
    });
    new Rule(this, 'DeliverySchedule', {
      description: 'Tollgate: delivers events',
      schedule: Schedule.rate(deliveryInterval),
      targets: [new LambdaTarget(this.functions.delivery, { retryAttempts: 0 })],
    });
  }

  /** Runs once, when the stack is created. The function answers CloudFormation itself. */
  private addBootstrap(): void {
    new CustomResource(this, 'Bootstrap', {
      resourceType: 'Custom::TollgateBootstrap',
      serviceToken: this.functions.bootstrap.functionArn,
      // CloudFormation would otherwise wait an hour for a function that cannot start.
      serviceTimeout: Duration.minutes(2),
    });
  }

  private addOutput(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
