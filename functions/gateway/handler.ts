import { randomBytes } from 'node:crypto';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { streamifyResponse } from 'lambda-stream';
import { builtInCatalog } from '../core/catalog/built-in-catalog.ts';
import { extendCatalog } from '../core/catalog/catalog.ts';
import { clockWithOffset } from '../core/clock.ts';
import { report } from '../core/report.ts';
import { createEgress } from '../providers/egress.ts';
import { createAccountSecrets } from '../store/account-secrets.ts';
import { openStore } from '../store/dynamo.ts';
import { createSecretReader, openSecretSource } from '../store/secrets.ts';
import { countTokens } from './count-tokens.ts';
import { createGateway } from './create-gateway.ts';
import { type ResponseStreams, toFunctionUrlHandler } from './function-url.ts';
import { openRequestLog } from './request-log.ts';
import { readSettings } from './settings.ts';

declare const awslambda: { HttpResponseStream: ResponseStreams };

const settings = readSettings(process.env);
const now = clockWithOffset(settings.clockOffset);
const secrets = createSecretReader(openSecretSource(), settings.cacheLifetimeMs, now);
const gateway = createGateway({
  now,
  randomBytes,
  random: Math.random,
  region: settings.region,
  catalog: extendCatalog(builtInCatalog, settings.extraProviders),
  fee: settings.fee,
  egress: createEgress(settings),
  store: openStore(settings.tables),
  secrets,
  accountSecrets: createAccountSecrets(secrets, settings.accountSecretsPrefix),
  pepperSecret: settings.pepperSecret,
  managedKeysSecret: settings.managedKeysSecret,
  cacheLifetimeMs: settings.cacheLifetimeMs,
  baseUrls: settings.baseUrls,
  countTokens,
  logRequest: openRequestLog(settings.log),
  metricsNamespace: settings.metricsNamespace,
  report,
});

export const handler = streamifyResponse<LambdaFunctionURLEvent>(
  toFunctionUrlHandler(gateway, awslambda.HttpResponseStream),
);
