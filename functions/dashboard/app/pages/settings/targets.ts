import type { EventDestination } from '../../api.ts';

export type TargetKind = keyof EventDestination['target'];

export const targetNames: Record<TargetKind, string> = {
  webhook: 'Webhook',
  datadog: 'Datadog',
  cloudwatch_logs: 'CloudWatch Logs',
  firehose: 'Data Firehose',
  eventbridge: 'EventBridge',
};

export function kindOf({ target }: Pick<EventDestination, 'target'>): TargetKind {
  return Object.keys(target)[0] as TargetKind; // there is exactly one
}

/** Where it leads. */
export function addressOf({ target }: Pick<EventDestination, 'target'>): string {
  const { webhook, datadog, cloudwatch_logs, firehose, eventbridge } = target;
  return (
    webhook?.url ??
    datadog?.ddsite ??
    cloudwatch_logs?.log_group_arn ??
    firehose?.delivery_stream_arn ??
    eventbridge?.event_bus_arn ??
    ''
  );
}

/** What it is called where there is room for one line. */
export function nameOf(destination: EventDestination): string {
  return destination.description || targetNames[kindOf(destination)];
}
