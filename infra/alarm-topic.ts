import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/**
 * An encrypted topic that takes messages over TLS only. It needs a key of its own, because CloudWatch may not use the
 * one that AWS manages for SNS and its alarms would go unheard.
 * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
 */
export function createAlarmTopic(scope: Construct, email: string): Topic {
  const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
  const key = new Key(scope, 'TopicKey', {
    description: 'Tollgate: encrypts alarm messages',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  key.grant(new ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey*');
  const topic = new Topic(scope, 'Topic', { displayName: 'Tollgate alarms', masterKey: key, enforceSSL: true });
  topic.grantPublish(cloudWatch);
  topic.addSubscription(new EmailSubscription(email));
  return topic;
}
