import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { FunctionAccess, SecretName, TableAccess } from './access.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { accountSecretsArn, acknowledgeAccountSecrets, type Secrets } from './secrets.ts';
import type { Tables } from './tables.ts';

export interface Stores {
  tables: Tables;
  secrets: Secrets;
}

/** Puts what a function may do into its role, one resource by its exact name at a time. */
export function grantAccess(lambda: LambdaFunction, access: FunctionAccess, { tables, secrets }: Stores): void {
  for (const tableAccess of access.tables) lambda.addToRolePolicy(toStatement(tableAccess, tables));
  if (access.readsSecrets.includes('accounts')) acknowledgeAccountSecrets(lambda.executionRole);
  const arnOf = (name: SecretName) => (name === 'accounts' ? accountSecretsArn(lambda) : secrets[name].secretArn);
  const allow = (action: string, names: readonly SecretName[]) => {
    if (names.length === 0) return;
    lambda.addToRolePolicy(new PolicyStatement({ actions: [action], resources: names.map(arnOf) }));
  };
  allow('secretsmanager:GetSecretValue', access.readsSecrets);
  allow('secretsmanager:PutSecretValue', access.writesSecrets ?? []);
  allow('secretsmanager:CreateSecret', access.createsSecrets ?? []);
}

function toStatement({ table, actions, partitions, index }: TableAccess, tables: Tables): PolicyStatement {
  const { tableArn } = tables[table];
  return new PolicyStatement({
    actions: actions.map(action => `dynamodb:${action}`),
    resources: [index === undefined ? tableArn : `${tableArn}/index/${index}`],
    ...(partitions && {
      conditions: {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': partitions.map(partition => (partition.endsWith('#') ? `${partition}*` : partition)),
        },
      },
    }),
  });
}
