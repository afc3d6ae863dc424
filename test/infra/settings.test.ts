import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { defaultSettings, readDeploymentSettings } from '../../infra/settings.ts';

const read = (context: Record<string, unknown>) => readDeploymentSettings(name => context[name]);

test('a deployment without settings takes the defaults: no fee, 120 requests a minute, 30 s, 30 days', () => {
  assert.deepEqual(read({}), defaultSettings);
  assert.deepEqual(defaultSettings, {
    fee: '0%',
    managementRateLimit: 120,
    configCacheMs: 30_000,
    logRetentionDays: 30,
    concurrencyQuota: 1_000,
    eventTargetArns: [],
  });
});

test('settings are taken as text, as the command line gives them, and as JSON', () => {
  assert.deepEqual(
    read({
      fee: '5%+0.05/M',
      managementRateLimit: '60',
      configCacheMs: '5000',
      logRetentionDays: 7,
      concurrencyQuota: '10',
      alarmEmail: 'team@example.com',
      eventTargetArns:
        'arn:aws:logs:eu-west-1:123456789012:log-group:ai:*, arn:aws:events:eu-west-1:123456789012:event-bus/ai',
      otlpEndpoint: 'https://otel.example.com:4318',
      otlpHeaders: 'x-key=a%20b,api-key={{resolve:secretsmanager:otlp:SecretString:key}}',
    }),
    {
      fee: '5%+0.05/M',
      managementRateLimit: 60,
      configCacheMs: 5_000,
      logRetentionDays: 7,
      concurrencyQuota: 10,
      eventTargetArns: [
        'arn:aws:logs:eu-west-1:123456789012:log-group:ai',
        'arn:aws:events:eu-west-1:123456789012:event-bus/ai',
      ],
      otlpEndpoint: 'https://otel.example.com:4318',
      otlpHeaders: 'x-key=a%20b,api-key={{resolve:secretsmanager:otlp:SecretString:key}}',
      alarmEmail: 'team@example.com',
    },
  );
});

const refusals: [Record<string, unknown>, RegExp][] = [
  [{ fee: 'lots' }, /fee is "lots"; write it as 5%/],
  [{ managementRateLimit: '0' }, /managementRateLimit is "0"; use a whole number above 0/],
  [{ managementRateLimit: 'many' }, /managementRateLimit is "many"/],
  [{ configCacheMs: '1.5' }, /configCacheMs is "1.5"/],
  [{ concurrencyQuota: -1 }, /concurrencyQuota is "-1"/],
  [{ logRetentionDays: '31' }, /logRetentionDays is 31; use one of 1, 3, 5/],
  [{ eventTargetArns: 'arn:aws:s3:::bucket' }, /eventTargetArns has "arn:aws:s3:::bucket"/],
  [{ eventTargetArns: ['arn:aws:events:eu-west-1:123456789012:event-bus/*'] }, /without \*/],
  [{ otlpEndpoint: 'collector' }, /otlpEndpoint is "collector"; give the base URL of a collector/],
  [{ otlpHeaders: 'x' }, /TOLLGATE_OTLP_HEADERS: entry 1 is not name=value/],
  [{ alarmEmail: 'the team' }, /alarmEmail is "the team"; give an e-mail address/],
];

for (const [context, message] of refusals) {
  test(`refuses ${JSON.stringify(context)} and says what it may be`, () => {
    assert.throws(() => read(context), message);
  });
}

test('every period that CloudWatch Logs knows is accepted', () => {
  const periods = Object.values(RetentionDays).filter(
    days => typeof days === 'number' && days !== RetentionDays.INFINITE,
  );
  for (const logRetentionDays of periods) assert.equal(read({ logRetentionDays }).logRetentionDays, logRetentionDays);
});
