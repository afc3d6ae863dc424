import { Alias } from 'aws-cdk-lib/aws-kms';
import { type CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/**
 * Where alerts of all accounts go: low balances, abnormal spending, failing providers. Encrypted with the key that AWS
 * manages for SNS, which costs nothing and which functions of this account may use through SNS.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export function createAlertTopic(scope: Construct, email: string | undefined): Topic {
  const topic = new Topic(scope, 'AlertTopic', {
    displayName: 'Tollgate alerts',
    masterKey: Alias.fromAliasName(scope, 'SnsKey', 'alias/aws/sns'),
    enforceSSL: true,
  });
  (topic.node.defaultChild as CfnTopic).overrideLogicalId('AlertTopic'); // what others subscribe to it stays
  if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
  return topic;
}
