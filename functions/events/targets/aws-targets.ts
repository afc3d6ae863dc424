import { AwsError, AwsService, type AwsServiceDefinition, AwsUnreachable } from '../../store/aws-service.ts';
import type { GatewayEvent } from '../gateway-event.ts';
import { DeliveryError, sendTimeoutMs, type Target } from './target.ts';

/** Calls an operation of an AWS service in a Region. */
export type AwsCall = (operation: string, input: object) => Promise<unknown>;

const services = {
  logs: {
    name: 'logs',
    targetPrefix: 'Logs_20140328',
    jsonVersion: '1.1',
    endpointVariable: 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS',
  },
  firehose: {
    name: 'firehose',
    targetPrefix: 'Firehose_20150804',
    jsonVersion: '1.1',
    endpointVariable: 'AWS_ENDPOINT_URL_FIREHOSE',
  },
  events: {
    name: 'events',
    targetPrefix: 'AWSEvents',
    jsonVersion: '1.1',
    endpointVariable: 'AWS_ENDPOINT_URL_EVENTBRIDGE',
  },
  sns: { name: 'sns', queryVersion: '2010-03-31', endpointVariable: 'AWS_ENDPOINT_URL_SNS' },
} satisfies Record<string, AwsServiceDefinition>;

const opened = new Map<string, AwsService>();

/** The service that an ARN belongs to, in the ARN's Region, with this function's own role. */
export function openAws(service: keyof typeof services, arn: string): AwsCall {
  const [, , , region = ''] = arn.split(':');
  const key = `${service} ${region}`;
  const limits = { attemptsMax: 2, connectTimeoutMs: 2_000, requestTimeoutMs: sendTimeoutMs / 2 };
  const known = opened.get(key) ?? new AwsService(services[service], { region }, limits);
  opened.set(key, known);
  return (operation, input) => known.call(operation, input);
}

const logStreamName = 'tollgate';

/**
 * One stream of a log group, made when it is not there.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function openCloudWatchLogs(logGroupArn: string, call: AwsCall): Target {
  const logGroupName = logGroupArn.split(':')[6] ?? '';
  return {
    send: ({ events }) =>
      delivering(async () => {
        const logEvents = events
          .map(event => ({ timestamp: Date.parse(event.event_timestamp), message: JSON.stringify(event) }))
          .sort((one, other) => one.timestamp - other.timestamp);
        const input = { logGroupName, logStreamName, logEvents };
        try {
          await call('PutLogEvents', input);
        } catch (error) {
          if (!(error instanceof AwsError) || error.name !== 'ResourceNotFoundException') throw error;
          await makeStream(call, logGroupName);
          await call('PutLogEvents', input);
        }
      }),
  };
}

async function makeStream(call: AwsCall, logGroupName: string): Promise<void> {
  try {
    await call('CreateLogStream', { logGroupName, logStreamName });
  } catch (error) {
    if (!(error instanceof AwsError) || error.name !== 'ResourceAlreadyExistsException') throw error;
  }
}

/**
 * One record for each event, a line of JSON.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export function openFirehose(deliveryStreamArn: string, call: AwsCall): Target {
  const DeliveryStreamName = deliveryStreamArn.slice(deliveryStreamArn.indexOf('/') + 1);
  return {
    send: ({ events }) =>
      delivering(async () => {
        const Records = events.map(event => ({ Data: Buffer.from(`${JSON.stringify(event)}\n`).toString('base64') }));
        const answer = await call('PutRecordBatch', { DeliveryStreamName, Records });
        refusePart(answer, 'FailedPutCount', 'RequestResponses');
      }),
  };
}

/** What one `PutEvents` takes. */
const entriesMax = 10;
const entriesBytesMax = 250_000;

/**
 * One entry for each event: source `tollgate`, its type as detail type.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function openEventBridge(eventBusArn: string, call: AwsCall): Target {
  return {
    send: ({ events }) =>
      delivering(async () => {
        const groups = inGroups(events.map(event => toEntry(event, eventBusArn)));
        // Side by side: one after the other, slow ones would outlast the run that sends them.
        const answers = await Promise.all(groups.map(Entries => call('PutEvents', { Entries })));
        for (const answer of answers) refusePart(answer, 'FailedEntryCount', 'Entries');
      }),
  };
}

function toEntry(event: GatewayEvent, eventBusArn: string) {
  return {
    EventBusName: eventBusArn,
    Source: 'tollgate',
    DetailType: event.event_type,
    Time: Math.floor(Date.parse(event.event_timestamp) / 1000),
    Detail: JSON.stringify(event),
  };
}

function inGroups<Entry extends { Detail: string }>(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.Detail) + 200;
    const group = groups.at(-1);
    if (!group || group.length === entriesMax || bytes + size > entriesBytesMax) {
      groups.push([entry]);
      bytes = size;
    } else {
      group.push(entry);
      bytes += size;
    }
  }
  return groups;
}

/**
 * A message for each event, with the type as its subject.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function openTopic(topicArn: string, call: AwsCall): Target {
  return {
    send: ({ events }) =>
      delivering(async () => {
        for (const event of events) {
          const Subject = `Tollgate: ${event.event_type}`;
          await call('Publish', { TopicArn: topicArn, Subject, Message: JSON.stringify(event, null, 2) });
        }
      }),
  };
}

/** Some were taken and some were not: all are sent again, and receivers drop those that they know. */
function refusePart(answer: unknown, countName: string, listName: string): void {
  const fields = answer as Record<string, unknown>;
  const failed = Number(fields[countName] ?? 0);
  if (failed === 0) return;
  const entries = (fields[listName] ?? []) as { ErrorCode?: string }[];
  const codes = new Set(entries.flatMap(({ ErrorCode }) => ErrorCode ?? []));
  throw new DeliveryError(`AWS took all but ${failed} of ${entries.length} events: ${[...codes].join(', ')}`, 200);
}

async function delivering(send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (error instanceof AwsError) throw new DeliveryError(explain(error), error.status, error);
    if (error instanceof AwsUnreachable) throw new DeliveryError(error.message, 0, error);
    throw error;
  }
}

function explain({ name, message }: AwsError): string {
  if (!name.startsWith('AccessDenied') && name !== 'AuthorizationError') return `${name}: ${message}`;
  return `${name}: this deployment may not write there; deploy it with the ARN in -c eventTargetArns=…`;
}
