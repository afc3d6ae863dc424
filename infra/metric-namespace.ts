import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Where all metrics of a stack lie in CloudWatch, so that two stacks of one account do not sound each other's alarms. */
export function metricNamespace(scope: IConstruct): string {
  return `Tollgate/${Stack.of(scope).stackName}`;
}
