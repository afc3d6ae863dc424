import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { type FunctionName, functionAccess } from '../../infra/access.ts';
import { type Resource, resourcesOfType, synthesizeStack } from './synthesize-stack.ts';

/** Every permission of every function, as `actions on resource [partitions]`; a change here is a change of trust. */
const expected: Record<FunctionName, string[]> = {
  gateway: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [ACCOUNT#*]',
    'dynamodb:GetItem on EndpointsTable',
    'dynamodb:GetItem on CreditsTable [BALANCE#*, LIMIT#*]',
    'dynamodb:UpdateItem on CreditsTable [BALANCE#*, LIMIT#*]',
    'dynamodb:UpdateItem on CreditsTable [LIMITS]',
    'dynamodb:PutItem on CreditsTable [JOURNAL#*]',
    'dynamodb:GetItem on UsageTable',
    'dynamodb:PutItem on UsageTable',
    'dynamodb:UpdateItem on UsageTable',
    'secretsmanager:GetSecretValue on PepperSecret',
    'secretsmanager:GetSecretValue on ManagedKeysSecret',
    'secretsmanager:GetSecretValue on secret:tollgate/accounts/*',
  ],
  keys: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:PutItem on KeysTable [ACCOUNT#*, ACCOUNTS, DIGEST#*, IDEMPOTENCY#*]',
    'dynamodb:UpdateItem on KeysTable [ACCOUNT#*]',
    'dynamodb:Query on KeysTable [ACCOUNT#*, ACCOUNTS]',
    'dynamodb:DeleteItem on KeysTable [ACCOUNT#*, DIGEST#*]',
    'dynamodb:GetItem on EndpointsTable',
    'secretsmanager:GetSecretValue on PepperSecret',
  ],
  credits: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:GetItem on CreditsTable',
    'dynamodb:PutItem on CreditsTable',
    'dynamodb:UpdateItem on CreditsTable',
    'dynamodb:Query on CreditsTable',
    'dynamodb:Query on UsageTable/index/byAccount',
    'secretsmanager:GetSecretValue on PepperSecret',
    'secretsmanager:GetSecretValue on StripeSecret',
  ],
  endpoints: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:PutItem on KeysTable [IDEMPOTENCY#*]',
    'dynamodb:GetItem on EndpointsTable',
    'dynamodb:PutItem on EndpointsTable',
    'dynamodb:UpdateItem on EndpointsTable',
    'dynamodb:DeleteItem on EndpointsTable',
    'dynamodb:Query on EndpointsTable',
    'dynamodb:GetItem on UsageTable [SNAPSHOT#*]',
    'secretsmanager:GetSecretValue on PepperSecret',
  ],
  secrets: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:GetItem on EndpointsTable [ACCOUNT#*]',
    'dynamodb:PutItem on EndpointsTable [ACCOUNT#*]',
    'dynamodb:UpdateItem on EndpointsTable [ACCOUNT#*]',
    'dynamodb:DeleteItem on EndpointsTable [ACCOUNT#*]',
    'dynamodb:Query on EndpointsTable [ACCOUNT#*]',
    'secretsmanager:GetSecretValue on PepperSecret',
    'secretsmanager:GetSecretValue on secret:tollgate/accounts/*',
    'secretsmanager:PutSecretValue on secret:tollgate/accounts/*',
    'secretsmanager:CreateSecret on secret:tollgate/accounts/*',
  ],
  destinations: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:PutItem on KeysTable [IDEMPOTENCY#*]',
    'dynamodb:GetItem on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:PutItem on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:UpdateItem on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:DeleteItem on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:Query on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:Query on UsageTable [OUTBOX#*, DEADLETTER#*, DELIVERY#*]',
    'dynamodb:UpdateItem on UsageTable [DELIVERY#*]',
    'dynamodb:PutItem on UsageTable [OUTBOX#*]',
    'dynamodb:DeleteItem on UsageTable [DEADLETTER#*]',
    'secretsmanager:GetSecretValue on PepperSecret',
    'secretsmanager:GetSecretValue on secret:tollgate/destinations/*',
    'secretsmanager:PutSecretValue on secret:tollgate/destinations/*',
    'secretsmanager:CreateSecret on secret:tollgate/destinations/*',
    'secretsmanager:DeleteSecret on secret:tollgate/destinations/*',
  ],
  dashboard: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:PutItem on KeysTable [SESSION#*]',
    'dynamodb:DeleteItem on KeysTable [SESSION#*]',
    'secretsmanager:GetSecretValue on PepperSecret',
  ],
  observability: [
    'dynamodb:GetItem on KeysTable',
    'dynamodb:UpdateItem on KeysTable [RATE#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'dynamodb:Query on KeysTable [AUDIT#*]',
    'dynamodb:Query on UsageTable',
    'dynamodb:Query on UsageTable/index/byAccount',
    'dynamodb:GetItem on EndpointsTable',
    'secretsmanager:GetSecretValue on PepperSecret',
  ],
  expiry: [
    'dynamodb:Query on CreditsTable [BALANCES, LIMITS]',
    'dynamodb:GetItem on CreditsTable [BALANCE#*, LIMIT#*]',
    'dynamodb:UpdateItem on CreditsTable [BALANCE#*, LIMIT#*]',
    'dynamodb:DeleteItem on CreditsTable [LIMIT#*, LIMITS]',
    'dynamodb:GetItem on CreditsTable [SWEEP]',
    'dynamodb:PutItem on CreditsTable [SWEEP]',
    'dynamodb:DeleteItem on CreditsTable [SWEEP]',
    'dynamodb:PutItem on CreditsTable [JOURNAL#*, LOT#*]',
    'dynamodb:GetItem on UsageTable',
    'dynamodb:PutItem on UsageTable',
    'dynamodb:GetItem on KeysTable [ACCOUNT#*]',
    'dynamodb:Query on EndpointsTable [EVENTS#*]',
    'dynamodb:GetItem on EndpointsTable [ACCOUNT#*]',
    'dynamodb:Query on UsageTable/index/byExpiry',
    'dynamodb:DeleteItem on UsageTable [INSPECTED#*]',
  ],
  rollup: [
    'dynamodb:Query on UsageTable/index/byTime',
    'dynamodb:GetItem on UsageTable [DAILY#*, SERIES#*, SNAPSHOT#*, ROLLUP, TELEMETRY]',
    'dynamodb:PutItem on UsageTable [DAILY#*, SERIES#*, SNAPSHOT#*, ROLLUP, TELEMETRY]',
    'dynamodb:Query on UsageTable [DAILY#*, SERIES#*, SNAPSHOT#*, ROLLUP, TELEMETRY]',
    'dynamodb:PutItem on UsageTable [OUTBOX#*]',
    'dynamodb:GetItem on UsageTable [NOTICE#*]',
    'dynamodb:PutItem on UsageTable [NOTICE#*]',
    'dynamodb:Query on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:GetItem on EndpointsTable [ACCOUNT#*]',
    'dynamodb:Query on KeysTable [AUDIT#*]',
  ],
  delivery: [
    'dynamodb:Query on EndpointsTable [EVENTS#*, DESTINATIONS]',
    'dynamodb:GetItem on EndpointsTable [EVENTS#*, ACCOUNT#*]',
    'dynamodb:UpdateItem on EndpointsTable [EVENTS#*]',
    'dynamodb:Query on UsageTable [OUTBOX#*]',
    'dynamodb:PutItem on UsageTable [OUTBOX#*]',
    'dynamodb:DeleteItem on UsageTable [OUTBOX#*]',
    'dynamodb:PutItem on UsageTable [DEADLETTER#*]',
    'dynamodb:UpdateItem on UsageTable [DELIVERY#*]',
    'dynamodb:PutItem on KeysTable [AUDIT#*]',
    'secretsmanager:GetSecretValue on secret:tollgate/destinations/*',
    'sns:Publish on AlertTopic',
  ],
  bootstrap: [
    'dynamodb:PutItem on KeysTable [ACCOUNT#*, ACCOUNTS, DIGEST#*]',
    'dynamodb:GetItem on EndpointsTable [ACCOUNT#*, SLUG#*]',
    'dynamodb:PutItem on EndpointsTable [ACCOUNT#*, SLUG#*]',
    'dynamodb:DeleteItem on EndpointsTable [SLUG#*]',
    'secretsmanager:GetSecretValue on PepperSecret',
    'secretsmanager:GetSecretValue on ManagementKeySecret',
    'secretsmanager:PutSecretValue on ManagementKeySecret',
  ],
};

const names = Object.keys(expected) as FunctionName[];
const { stack, resources } = synthesizeStack();

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Effect: string;
  Condition?: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': string | string[] } };
}

function permissionsOf(name: FunctionName): string[] {
  const role = stack.getLogicalId(stack.functions[name].executionRole.node.defaultChild as never);
  const policies = Object.values(resourcesOfType(resources, 'AWS::IAM::Policy')).filter(({ Properties }) =>
    (Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === stack.resolve(role)),
  );
  return policies.flatMap(statementsOf).flatMap(toPermissions);
}

function statementsOf({ Properties }: Resource): Statement[] {
  return (Properties.PolicyDocument as { Statement: Statement[] }).Statement;
}

function toPermissions(statement: Statement): string[] {
  assert.equal(statement.Effect, 'Allow');
  const partitions = [statement.Condition?.['ForAllValues:StringLike']['dynamodb:LeadingKeys'] ?? []].flat();
  const suffix = partitions.length > 0 ? ` [${partitions.join(', ')}]` : '';
  return [statement.Action]
    .flat()
    .flatMap(action => [statement.Resource].flat().map(resource => `${action} on ${nameOf(resource)}${suffix}`));
}

function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource as Record<string, never>;
  if (Ref) return Ref;
  if (attribute) return attribute[0];
  const parts = (join as unknown as [string, unknown[]])[1].map(part =>
    typeof part === 'string' ? part : nameOf(part),
  );
  return parts.join('').replace(/^arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:/, '');
}

for (const name of names) {
  test(`${name} may do this and no more`, () => {
    const own = permissionsOf(name).filter(permission => !permission.startsWith('logs:'));
    assert.deepEqual(own.sort(), expected[name].sort());
  });

  test(`${name} may write its own log only`, () => {
    const logs = permissionsOf(name).filter(permission => permission.startsWith('logs:'));
    const own = (
      (resources[stack.resolve(stack.getLogicalId(stack.functions[name].node.defaultChild as never))] as Resource)
        .Properties.LoggingConfig as { LogGroup: { Ref: string } }
    ).LogGroup.Ref;
    assert.deepEqual(logs.sort(), [`logs:CreateLogStream on ${own}`, `logs:PutLogEvents on ${own}`]);
  });
}

test('only the gateway, credits and expiry can write money', () => {
  const canWrite = (name: FunctionName) =>
    permissionsOf(name).some(permission => /(Put|Update|Delete)Item on CreditsTable/.test(permission));
  assert.deepEqual(names.filter(canWrite).sort(), ['credits', 'expiry', 'gateway']);
});

test('only the gateway can read managed keys, only it and secrets those of accounts, and only secrets writes them', () => {
  const thatMay = (wanted: RegExp) => names.filter(name => permissionsOf(name).some(one => wanted.test(one)));
  assert.deepEqual(thatMay(/ManagedKeysSecret/), ['gateway']);
  assert.deepEqual(thatMay(/GetSecretValue on secret:tollgate\/accounts/), ['gateway', 'secrets']);
  assert.deepEqual(thatMay(/(PutSecretValue|CreateSecret) on secret:tollgate\/accounts/), ['secrets']);
  assert.deepEqual(thatMay(/CreateSecret/), ['secrets', 'destinations']);
  assert.deepEqual(thatMay(/GetSecretValue on secret:tollgate\/destinations/), ['destinations', 'delivery']);
  assert.deepEqual(thatMay(/(Put|Delete)\w* on secret:tollgate\/destinations/), ['destinations']);
  assert.deepEqual(thatMay(/StripeSecret/), ['credits']);
});

test('nobody can change or delete what is in the audit log', () => {
  for (const permission of names.flatMap(permissionsOf)) {
    const [, action, partitions] = /^dynamodb:(\w+)Item on KeysTable(?: \[(.*)\])?$/.exec(permission) ?? [];
    if (action === 'Update' || action === 'Delete') assert.match(partitions ?? '', /^(?!.*AUDIT).+$/, permission);
  }
});

test('no role has a managed policy or a permission on everything', () => {
  for (const { Properties } of Object.values(resourcesOfType(resources, 'AWS::IAM::Role'))) {
    assert.equal(Properties.ManagedPolicyArns, undefined);
  }
  for (const permission of names.flatMap(permissionsOf)) assert.doesNotMatch(permission, / on \*|:\*/);
});

/** What a bundle holds as a method of a class, and the function never calls. */
const neverCalled: Partial<Record<FunctionName, string[]>> = {
  gateway: ['Query credits', 'DeleteItem credits'], // listing accounts and forgetting limits is for the sweep
};

for (const name of names) {
  test(`${name} is granted every store call in its bundle, and nothing that it never calls`, async () => {
    const code = await bundle(name);
    const calls = [
      ...code.matchAll(/new (\w+)Command\d*\(\{\s*TableName: tables\d*\.(\w+)(,\s*IndexName: "\w+")?/g),
    ].map(([, action, table, index]) => `${action} ${table}${index ? ' by index' : ''}`);
    const granted = functionAccess[name].tables.flatMap(({ table, actions, index }) =>
      actions.map(action => `${action} ${table}${index ? ' by index' : ''}`),
    );
    assert.deepEqual(
      [...new Set(calls)].filter(call => !neverCalled[name]?.includes(call)).sort(),
      [...new Set(granted)].sort(),
    );
    const { readsSecrets, writesSecrets = [], createsSecrets = [], deletesSecrets = [] } = functionAccess[name];
    assert.equal(/new GetSecretValueCommand/.test(code), readsSecrets.length > 0);
    assert.equal(/new PutSecretValueCommand/.test(code), writesSecrets.length > 0);
    assert.equal(/new CreateSecretCommand/.test(code), createsSecrets.length > 0);
    assert.equal(/new DeleteSecretCommand/.test(code), deletesSecrets.length > 0);
  });
}

/** The function's own code, without what it never uses and without its packages. */
async function bundle(name: FunctionName): Promise<string> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, '../../functions', name, 'handler.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return result.outputFiles[0]?.text ?? '';
}
