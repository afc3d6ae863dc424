import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Match } from 'aws-cdk-lib/assertions';
import { overrunMessage } from '../../functions/core/report.ts';
import { resourcesOfType, synthesizeStack } from './synthesize-stack.ts';

const quiet = synthesizeStack({ concurrencyQuota: 500 });

test('an alarm watches each way in which the gateway or the sweep can fail', () => {
  const { stack, template, logicalIdOf } = quiet;
  const dimensionsOf = (name: 'gateway' | 'expiry') => [
    { Name: 'FunctionName', Value: { Ref: logicalIdOf(stack.functions[name]) } },
  ];
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Threshold: 1,
    Metrics: Match.arrayWith([
      Match.objectLike({ Expression: 'IF(invocations > 0, 100 * errors / invocations, 0)' }),
      Match.objectLike({
        Id: 'errors',
        MetricStat: Match.objectLike({ Metric: Match.objectLike({ Dimensions: dimensionsOf('gateway') }) }),
      }),
    ]),
  });
  const alarms: [string, 'gateway' | 'expiry', object][] = [
    ['Throttles', 'gateway', { Threshold: 0, Statistic: 'Sum' }],
    ['Duration', 'gateway', { Threshold: 720_000, ExtendedStatistic: 'p99' }],
    ['Errors', 'expiry', { Threshold: 0, Statistic: 'Sum' }],
    [
      'Invocations',
      'expiry',
      { Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching', Period: 1800 },
    ],
  ];
  for (const [metric, name, properties] of alarms) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: metric,
      Dimensions: dimensionsOf(name),
      ...properties,
    });
  }
});

test('faults of the management API sound, but not that a deployment sells no credits', () => {
  const { template, resources } = quiet;
  const [name] = Object.keys(resourcesOfType(resources, 'AWS::Logs::LogGroup')).filter(id => /AccessLogs/.test(id));
  const metric = { MetricNamespace: 'Tollgate/Tollgate', MetricName: 'ManagementFaults' };
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    LogGroupName: { Ref: name },
    FilterPattern: '{ ($.status = "5*") && ($.status != "501") }',
    MetricTransformations: [{ ...metric, MetricValue: '1' }],
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: metric.MetricNamespace,
    MetricName: metric.MetricName,
    Statistic: 'Sum',
    Threshold: 0,
  });
});

test('a request that cost more than was set aside sounds at once', () => {
  const { stack, template } = quiet;
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    LogGroupName: stack.resolve(stack.functions.gateway.logGroup.logGroupName),
    FilterPattern: `"${overrunMessage}"`,
    MetricTransformations: [{ MetricNamespace: 'Tollgate/Tollgate', MetricName: 'Overruns', MetricValue: '1' }],
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'Tollgate/Tollgate',
    MetricName: 'Overruns',
    Statistic: 'Sum',
    Threshold: 0,
  });
});

test('concurrency sounds at four fifths of the quota', () => {
  quiet.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'ClaimedAccountConcurrency',
    Statistic: 'Maximum',
    Threshold: 400,
  });
});

test('without an address there is no topic but the one for alerts, and no key to pay for', () => {
  assert.deepEqual(Object.keys(resourcesOfType(quiet.resources, 'AWS::SNS::Topic')), ['AlertTopic']);
  quiet.template.hasResourceProperties('AWS::SNS::Topic', {
    DisplayName: 'Tollgate alerts',
    KmsMasterKeyId: Match.anyValue(),
  });
  quiet.template.resourceCountIs('AWS::SNS::Subscription', 0);
  quiet.template.resourceCountIs('AWS::KMS::Key', 0);
});

test('with an address every alarm reaches it, through an encrypted topic that CloudWatch may use and only over TLS', () => {
  const { template, resources } = synthesizeStack({ alarmEmail: 'team@example.com' });
  const [topic] = Object.keys(resourcesOfType(resources, 'AWS::SNS::Topic')).filter(id => id !== 'AlertTopic');
  const [key] = Object.keys(resourcesOfType(resources, 'AWS::KMS::Key'));
  for (const { Properties } of Object.values(resourcesOfType(resources, 'AWS::CloudWatch::Alarm'))) {
    assert.deepEqual(Properties.AlarmActions, [{ Ref: topic }]);
  }
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'team@example.com',
    TopicArn: { Ref: topic },
  });
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'team@example.com',
    TopicArn: { Ref: 'AlertTopic' },
  });
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } });
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Deny',
          Action: 'sns:Publish',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        Match.objectLike({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ]),
    }),
  });
  template.hasResourceProperties('AWS::KMS::Key', {
    EnableKeyRotation: true,
    KeyPolicy: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Principal: { Service: 'cloudwatch.amazonaws.com' },
        }),
      ]),
    }),
  });
});
