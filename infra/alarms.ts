import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { overrunMessage } from '../functions/core/report.ts';
import { createAlarmTopic } from './alarm-topic.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { metricNamespace } from './metric-namespace.ts';

interface AlarmDefinition {
  /** What happened, and what to look at first. */
  description: string;
  metric: IMetric;
  /** The alarm sounds above this. */
  threshold: number;
  /** How many periods in a row; one unless said. */
  periods?: number;
  comparison?: ComparisonOperator;
  missingData?: TreatMissingData;
}

const period = Duration.minutes(5);

/** The share of a limit at which somebody should look. */
const nearLimit = 0.8;

/** What wakes somebody up, and with an address, whom. */
export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      gateway,
      gatewayTimeout,
      expiry,
      managementFaults,
      rollup,
      delivery,
      concurrencyQuota,
      email,
    }: {
      gateway: LambdaFunction;
      gatewayTimeout: Duration;
      expiry: LambdaFunction;
      managementFaults: Metric;
      rollup: LambdaFunction;
      delivery: LambdaFunction;
      concurrencyQuota: number;
      email: string | undefined;
    },
  ) {
    super(scope, id);
    const alarms: Record<string, AlarmDefinition> = {
      GatewayErrors: {
        description: 'Over 1 % of gateway requests failed after their answer, in settling or recording. See its log.',
        metric: errorPercentage(gateway),
        threshold: 1,
      },
      GatewayThrottles: {
        description: 'Lambda refused gateway requests. Raise the concurrency quota of the account.',
        metric: gateway.metricThrottles({ period }),
        threshold: 0,
      },
      GatewayDuration: {
        description: 'The slowest gateway requests come near the timeout, which would cut answers off.',
        metric: gateway.metricDuration({ period, statistic: 'p99' }),
        threshold: gatewayTimeout.toMilliseconds() * nearLimit,
        periods: 2,
      },
      Concurrency: {
        description: 'The functions of this account come near its concurrency quota: every open answer counts as one.',
        metric: new Metric({
          namespace: 'AWS/Lambda',
          metricName: 'ClaimedAccountConcurrency',
          statistic: 'Maximum',
          period,
        }),
        threshold: concurrencyQuota * nearLimit,
      },
      ExpiryErrors: {
        description: 'A sweep of balances failed: ended lots and abandoned holds wait for the next one. See its log.',
        metric: expiry.metricErrors({ period }),
        threshold: 0,
        periods: 2,
      },
      ExpiryStopped: {
        description: 'Balances were not swept for half an hour: money of requests that died stays set aside.',
        metric: expiry.metricInvocations({ period: Duration.minutes(30) }),
        threshold: 1,
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        missingData: TreatMissingData.BREACHING,
      },
      Overruns: {
        description:
          'A request cost more than was set aside for it, which the deployment pays. See the log of the gateway.',
        metric: this.countLines('Overruns', gateway, overrunMessage),
        threshold: 0,
      },
      RollupErrors: {
        description: 'Usage records were not counted: metrics stand still until a run succeeds. See its log.',
        metric: rollup.metricErrors({ period }),
        threshold: 0,
        periods: 2,
      },
      RollupStopped: {
        description: 'Usage records were not counted for half an hour: strategies and overviews see nothing new.',
        metric: rollup.metricInvocations({ period: Duration.minutes(30) }),
        threshold: 1,
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        missingData: TreatMissingData.BREACHING,
      },
      DeliveryErrors: {
        description: 'Events were not delivered, and not for want of their destinations. See its log.',
        metric: delivery.metricErrors({ period }),
        threshold: 0,
        periods: 2,
      },
      DeliveryStopped: {
        description: 'Events were not delivered for half an hour, alerts among them.',
        metric: delivery.metricInvocations({ period: Duration.minutes(30) }),
        threshold: 1,
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        missingData: TreatMissingData.BREACHING,
      },
      ManagementErrors: {
        description: 'The management API answered 5xx, other than 501. See the logs of its functions.',
        metric: managementFaults.with({ period }),
        threshold: 0,
        periods: 2,
      },
    };
    const topic = email === undefined ? undefined : createAlarmTopic(this, email);
    for (const [name, definition] of Object.entries(alarms)) {
      const alarm = this.addAlarm(name, definition);
      if (topic) alarm.addAlarmAction(new SnsAction(topic));
    }
  }

  /** How many lines of a function's log have a text in them. */
  private countLines(name: string, { logGroup }: LambdaFunction, text: string): IMetric {
    const filter = new MetricFilter(this, `${name}Filter`, {
      logGroup,
      filterPattern: FilterPattern.literal(`"${text}"`),
      metricNamespace: metricNamespace(this),
      metricName: name,
    });
    return filter.metric({ period, statistic: 'Sum' });
  }

  private addAlarm(name: string, definition: AlarmDefinition): Alarm {
    return new Alarm(this, name, {
      alarmDescription: `Tollgate: ${definition.description}`,
      metric: definition.metric,
      threshold: definition.threshold,
      evaluationPeriods: definition.periods ?? 1,
      comparisonOperator: definition.comparison ?? ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: definition.missingData ?? TreatMissingData.NOT_BREACHING,
    });
  }
}

function errorPercentage(lambda: LambdaFunction): IMetric {
  return new MathExpression({
    expression: 'IF(invocations > 0, 100 * errors / invocations, 0)',
    usingMetrics: { errors: lambda.metricErrors({ period }), invocations: lambda.metricInvocations({ period }) },
    label: 'Errors, percent of invocations',
    period,
  });
}
