import { Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LambdaFunction } from './lambda-function.ts';

/** What sending events to a resource takes, by the service in its ARN. */
const actions: Record<string, readonly string[]> = {
  logs: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  firehose: ['firehose:PutRecordBatch'],
  events: ['events:PutEvents'],
};

/** @throws Error naming an ARN that events cannot go to */
export function checkEventTargetArn(arn: string): string {
  const [prefix, partition, service = '', region, account, ...resource] = arn.split(':');
  const isWhole = prefix === 'arn' && partition && region && /^\d{12}$/.test(account ?? '') && resource.length > 0;
  if (isWhole && service in actions && !arn.includes('*')) return arn;
  throw new Error(
    `eventTargetArns has "${arn}"; name log groups, Firehose streams and event buses by their whole ARNs, without *`,
  );
}

/** Exactly the resources that the deployment names: accounts choose among them, and reach nothing else. */
export function grantEventTargets(lambda: LambdaFunction, arns: readonly string[]): void {
  for (const arn of arns) {
    const service = arn.split(':')[2] ?? '';
    const resource = service === 'logs' ? streamsOf(arn, lambda) : arn;
    lambda.addToRolePolicy(new PolicyStatement({ actions: [...(actions[service] ?? [])], resources: [resource] }));
  }
}

/** IAM knows the streams of a log group by a star only. */
function streamsOf(logGroupArn: string, lambda: LambdaFunction): string {
  const resource = `${logGroupArn}:*`;
  Validations.of(lambda.executionRole).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${resource}]`,
    reason: 'The star stands for the streams of one log group, which the deployment names.',
  });
  return resource;
}
