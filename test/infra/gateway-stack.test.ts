import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaseMs } from '../../functions/store/vault-directory.ts';
import { resourcesOfType, synthesizeStack } from './synthesize-stack.ts';

const { stack, template, resources, logicalIdOf } = synthesizeStack();
const functions = Object.entries(stack.functions).map(([name, construct]) => {
  const logicalId = logicalIdOf(construct);
  return { name, logicalId, properties: resources[logicalId]?.Properties as Record<string, unknown> };
});
const propertiesOf = (name: string) => functions.find(one => one.name === name)?.properties ?? {};
const variablesOf = (name: string) =>
  (propertiesOf(name).Environment as { Variables: Record<string, unknown> }).Variables;

test('the stack breaks no rule of CloudFormation', () => {
  assert.doesNotThrow(() => synthesizeStack({}, { validatesTemplate: true }));
});

test('every folder with a handler is a function of the stack, and nothing else is', () => {
  const root = join(import.meta.dirname, '../../functions');
  const folders = readdirSync(root).filter(folder => existsSync(join(root, folder, 'handler.ts')));
  assert.deepEqual(functions.map(({ name }) => name).sort(), folders.sort());
  for (const [name, { folder }] of Object.entries(stack.functions)) assert.equal(folder, name);
  template.resourceCountIs('AWS::Lambda::Function', folders.length);
});

const timeouts: Record<string, number> = { gateway: 900, expiry: 300, rollup: 300, delivery: 120 };

for (const { name, properties } of functions) {
  test(`${name} runs on Node 24 and arm64, bounded in time, with a role and a log of its own`, () => {
    assert.equal(properties.Runtime, 'nodejs24.x');
    assert.deepEqual(properties.Architectures, ['arm64']);
    assert.equal(properties.Timeout, timeouts[name] ?? 30);
    assert.equal(properties.MemorySize, 512);
    assert.equal(properties.ReservedConcurrentExecutions, undefined);
    const roles = functions.map(one => JSON.stringify(one.properties.Role));
    assert.equal(roles.filter(role => role === JSON.stringify(properties.Role)).length, 1);
    const { LogGroup } = properties.LoggingConfig as { LogGroup: { Ref: string } };
    assert.equal(resources[LogGroup.Ref]?.Properties.RetentionInDays, 30);
  });

  test(`${name} is told the names of all tables`, () => {
    const { Variables } = properties.Environment as { Variables: Record<string, unknown> };
    assert.deepEqual(Variables.TOLLGATE_KEYS_TABLE, { Ref: 'KeysTable' });
    assert.deepEqual(Variables.TOLLGATE_ENDPOINTS_TABLE, { Ref: 'EndpointsTable' });
    assert.deepEqual(Variables.TOLLGATE_CREDITS_TABLE, { Ref: 'CreditsTable' });
    assert.deepEqual(Variables.TOLLGATE_USAGE_TABLE, { Ref: 'UsageTable' });
  });
}

test('each function is told the secrets that it may use and no others', () => {
  const secretsOf = (name: string) =>
    Object.entries(variablesOf(name))
      .filter(([variable]) => variable.includes('SECRET'))
      .map(([variable, value]) => [variable, typeof value === 'string' ? value : (value as { Ref: string }).Ref]);
  const pepper = ['TOLLGATE_PEPPER_SECRET', 'PepperSecret'];
  assert.deepEqual(secretsOf('gateway').sort(), [
    ['TOLLGATE_ACCOUNT_SECRETS_PREFIX', 'tollgate/accounts/'],
    ['TOLLGATE_MANAGED_KEYS_SECRET', 'ManagedKeysSecret'],
    pepper,
  ]);
  for (const name of ['keys', 'endpoints', 'observability']) assert.deepEqual(secretsOf(name), [pepper]);
  assert.deepEqual(secretsOf('credits').sort(), [pepper, ['TOLLGATE_STRIPE_SECRET', 'StripeSecret']]);
  assert.deepEqual(secretsOf('secrets').sort(), [['TOLLGATE_ACCOUNT_SECRETS_PREFIX', 'tollgate/accounts/'], pepper]);
  assert.deepEqual(secretsOf('expiry'), []);
  assert.deepEqual(secretsOf('rollup'), []);
  const destinations = ['TOLLGATE_DESTINATION_SECRETS_PREFIX', 'tollgate/destinations/'];
  assert.deepEqual(secretsOf('destinations').sort(), [destinations, pepper]);
  assert.deepEqual(secretsOf('delivery'), [destinations]);
  assert.deepEqual(secretsOf('bootstrap').sort(), [['TOLLGATE_MANAGEMENT_KEY_SECRET', 'ManagementKeySecret'], pepper]);
});

test('a lock on vaults outlasts the function that takes it, so that nobody else comes while it writes', () => {
  assert.ok(leaseMs > Number(propertiesOf('secrets').Timeout) * 1_000);
});

test('settings reach the functions that follow them', () => {
  const { stack: other, resources: deployed } = synthesizeStack({
    fee: '5%+0.05/M',
    managementRateLimit: 60,
    configCacheMs: 5_000,
    logRetentionDays: 90,
  });
  const variables = (name: keyof typeof other.functions) => {
    const function_ = other.functions[name];
    const resource = deployed[other.resolve(other.getLogicalId(function_.node.defaultChild as never))];
    assert.ok(resource);
    return (resource.Properties.Environment as { Variables: Record<string, unknown> }).Variables;
  };
  assert.equal(variables('gateway').TOLLGATE_FEE, '5%+0.05/M');
  assert.equal(variables('gateway').TOLLGATE_CONFIG_CACHE_MS, '5000');
  assert.equal(variables('keys').TOLLGATE_CONFIG_CACHE_MS, '5000');
  assert.equal(variables('credits').TOLLGATE_MANAGEMENT_RATE_LIMIT, '60');
  for (const logGroup of Object.values(resourcesOfType(deployed, 'AWS::Logs::LogGroup'))) {
    assert.equal(logGroup.Properties.RetentionInDays, 90);
  }
});

test('events are delivered every minute, and alerts to the topic', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    Targets: [{ Arn: { 'Fn::GetAtt': [logicalIdOf(stack.functions.delivery), 'Arn'] } }],
  });
  assert.deepEqual(variablesOf('delivery').TOLLGATE_ALERT_TOPIC, { Ref: 'AlertTopic' });
});

test('events may go to the AWS resources that the deployment names, and to no others', () => {
  const arns = [
    'arn:aws:logs:eu-central-1:123456789012:log-group:/ai/events',
    'arn:aws:firehose:eu-central-1:123456789012:deliverystream/events',
    'arn:aws:events:eu-central-1:123456789012:event-bus/events',
  ];
  const { resources: deployed } = synthesizeStack({ eventTargetArns: arns });
  const statements = Object.values(resourcesOfType(deployed, 'AWS::IAM::Policy')).flatMap(
    ({ Properties }) =>
      (Properties.PolicyDocument as { Statement: { Action: unknown; Resource: unknown }[] }).Statement,
  );
  // A statement for the function's own log may be one with the statement for a log group that events go to.
  const granted = statements.flatMap(({ Action, Resource }) =>
    [Resource]
      .flat()
      .filter(resource => arns.some(arn => String(resource).startsWith(arn)))
      .map(resource => [Action, resource]),
  );
  const once = [
    [['logs:CreateLogStream', 'logs:PutLogEvents'], `${arns[0]}:*`],
    ['firehose:PutRecordBatch', arns[1]],
    ['events:PutEvents', arns[2]],
  ];
  assert.deepEqual(granted, [...once, ...once], 'the function that delivers, and the one that tries');
});

test('the gateway answers at a Function URL that streams and leaves authentication to the gateway', () => {
  template.hasResourceProperties('AWS::Lambda::Url', {
    AuthType: 'NONE',
    InvokeMode: 'RESPONSE_STREAM',
    Qualifier: 'live',
    TargetFunctionArn: { 'Fn::GetAtt': [logicalIdOf(stack.functions.gateway), 'Arn'] },
  });
  template.resourceCountIs('AWS::Lambda::Url', 1);
});

test('anybody may call the Function URL, which takes two permissions, and nobody the function past it', () => {
  const open = Object.values(resourcesOfType(resources, 'AWS::Lambda::Permission'))
    .map(({ Properties }) => Properties)
    .filter(({ Principal }) => Principal === '*');
  const alias = Object.keys(resourcesOfType(resources, 'AWS::Lambda::Alias'))[0];
  assert.deepEqual(open, [
    {
      Action: 'lambda:InvokeFunctionUrl',
      FunctionName: { Ref: alias },
      FunctionUrlAuthType: 'NONE',
      Principal: '*',
    },
    { Action: 'lambda:InvokeFunction', FunctionName: { Ref: alias }, InvokedViaFunctionUrl: true, Principal: '*' },
  ]);
});

test('old versions of the gateway stay, because answers may still be open when a deployment ends', () => {
  const versions = Object.values(resourcesOfType(resources, 'AWS::Lambda::Version'));
  assert.deepEqual(
    versions.map(({ DeletionPolicy }) => DeletionPolicy),
    ['Retain'],
  );
});

test('balances are swept every five minutes, and a failed sweep is left to the next one', () => {
  const expiry = logicalIdOf(stack.functions.expiry);
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(5 minutes)',
    State: 'ENABLED',
    Targets: [{ Arn: { 'Fn::GetAtt': [expiry, 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
  });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    FunctionName: { Ref: expiry },
    MaximumRetryAttempts: 0,
  });
});

test('usage is counted every minute, by slots of a minute that a record cannot miss', () => {
  const rollup = logicalIdOf(stack.functions.rollup);
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [{ Arn: { 'Fn::GetAtt': [rollup, 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
  });
  assert.equal(variablesOf('rollup').TOLLGATE_ROLLUP_SECONDS, '60');
  assert.equal(variablesOf('rollup').TOLLGATE_ROLLUP_GRACE_SECONDS, '30');
});

test('bootstrap is called by CloudFormation once its role is complete, which waits no longer than two minutes', () => {
  const bootstrap = logicalIdOf(stack.functions.bootstrap);
  template.hasResource('Custom::TollgateBootstrap', {
    Properties: { ServiceToken: { 'Fn::GetAtt': [bootstrap, 'Arn'] }, ServiceTimeout: '120' },
  });
  const waitsFor = (resources[bootstrap]?.DependsOn ?? []).map(logicalId => resources[logicalId]?.Type);
  assert.deepEqual(waitsFor.sort(), ['AWS::IAM::Policy', 'AWS::IAM::Role']);
});

test('the outputs lead to the gateway, the management API and the secrets', () => {
  const outputs = template.toJSON().Outputs;
  assert.deepEqual(Object.keys(outputs).sort(), [
    'AlertTopicArn',
    'DashboardUrl',
    'GatewayUrl',
    'ManagedKeysSecretArn',
    'ManagementKeySecretArn',
    'ManagementUrl',
    'PepperSecretArn',
    'StripeSecretArn',
  ]);
  assert.deepEqual(outputs.GatewayUrl.Value['Fn::GetAtt'][1], 'FunctionUrl');
  assert.match(JSON.stringify(outputs.ManagementUrl.Value), /execute-api/);
  assert.deepEqual(outputs.ManagementKeySecretArn.Value, { Ref: 'ManagementKeySecret' });
  assert.deepEqual(outputs.PepperSecretArn.Value, { Ref: 'PepperSecret' });
  assert.deepEqual(outputs.ManagedKeysSecretArn.Value, { Ref: 'ManagedKeysSecret' });
  assert.deepEqual(outputs.StripeSecretArn.Value, { Ref: 'StripeSecret' });
});
