import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { FunctionAccess, SecretName, TableAccess } from './access.ts';
import { grantEventTargets } from './event-targets.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { acknowledgeSecrets, type Secrets, secretsArn } from './secrets.ts';
import type { Tables } from './tables.ts';

export interface Stores {
  tables: Tables;
  secrets: Secrets;
  alertTopic: Topic;
  /** AWS resources that events may go to. */
  eventTargetArns: readonly string[];
}

/** Puts what a function may do into its role, one resource by its exact name at a time. */
export function grantAccess(lambda: LambdaFunction, access: FunctionAccess, stores: Stores): void {
  for (const tableAccess of access.tables) lambda.addToRolePolicy(toStatement(tableAccess, stores.tables));
  for (const kind of ['accounts', 'destinations'] as const) {
    if (access.readsSecrets.includes(kind)) acknowledgeSecrets(lambda.executionRole, kind);
  }
  const arnOf = (name: SecretName) =>
    name === 'accounts' || name === 'destinations' ? secretsArn(lambda, name) : stores.secrets[name].secretArn;
  const allow = (action: string, names: readonly SecretName[]) => {
    if (names.length === 0) return;
    lambda.addToRolePolicy(new PolicyStatement({ actions: [action], resources: names.map(arnOf) }));
  };
  allow('secretsmanager:GetSecretValue', access.readsSecrets);
  allow('secretsmanager:PutSecretValue', access.writesSecrets ?? []);
  allow('secretsmanager:CreateSecret', access.createsSecrets ?? []);
  allow('secretsmanager:DeleteSecret', access.deletesSecrets ?? []);
  if (access.sendsEvents) grantEventTargets(lambda, stores.eventTargetArns);
  if (access.alerts) {
    const resources = [stores.alertTopic.topicArn];
    lambda.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources }));
  }
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
