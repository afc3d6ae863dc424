import { z } from 'zod';
import { datadogSites } from '../events/targets/datadog-sites.ts';
import { ManagementError } from '../management/management-error.ts';
import { createEgress, type EgressRules, ForbiddenAddress } from '../providers/egress.ts';
import type { DestinationSecret } from '../store/destination-secrets.ts';
import type { EventTarget } from '../store/event-settings.ts';

const arn = (service: string, resource: string) =>
  new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]{1,30}:\\d{12}:${resource}$`);

const awsRemedy = 'is not such an ARN; the deployment must name it in -c eventTargetArns=… too';

const cloudWatchLogs = z.strictObject({
  log_group_arn: z.string().regex(arn('logs', 'log-group:[\\w./#-]{1,512}(:\\*)?'), awsRemedy),
});

const firehose = z.strictObject({
  delivery_stream_arn: z.string().regex(arn('firehose', 'deliverystream/[\\w.-]{1,64}'), awsRemedy),
});

const eventBridge = z.strictObject({
  event_bus_arn: z.string().regex(arn('events', 'event-bus/[\\w./-]{1,256}'), awsRemedy),
});

const webhook = z.strictObject({
  url: z.string().max(2_048).describe('https; its events are POSTed there'),
  secret: z
    .string()
    .min(16, 'is shorter than 16 characters; use a long random text')
    .max(255)
    .nullish()
    .describe('Signs what is sent and is never shown again. Null: nothing is signed'),
});

const datadog = z.strictObject({
  api_key: z
    .string()
    .regex(/^[\x21-\x7e]{8,255}$/, 'is not an API key')
    .optional()
    .describe('Never shown again; may be left out when a target that has one is changed'),
  ddsite: z.enum(datadogSites),
  service: z.string().min(1).max(100).optional(),
  ddtags: z.string().min(1).max(1_000).optional(),
});

const kinds = { cloudwatch_logs: cloudWatchLogs, firehose, eventbridge: eventBridge, webhook, datadog };

export const targetField = z
  .strictObject({
    cloudwatch_logs: cloudWatchLogs.optional(),
    firehose: firehose.optional(),
    eventbridge: eventBridge.optional(),
    webhook: webhook.optional(),
    datadog: datadog.optional(),
  })
  .refine(
    target => Object.values(target).filter(value => value !== undefined).length === 1,
    `must have exactly one of ${Object.keys(kinds).join(', ')}`,
  );

export type TargetInput = z.output<typeof targetField>;

export const targetAnswer = z.strictObject({
  cloudwatch_logs: cloudWatchLogs.optional(),
  firehose: firehose.optional(),
  eventbridge: eventBridge.optional(),
  webhook: z.strictObject({ url: z.string(), signed: z.boolean() }).optional(),
  datadog: datadog.omit({ api_key: true }).optional(),
});

/** What to store of a target, and what to keep secret; an undefined secret leaves the one that is there. */
export interface CheckedTarget {
  target: EventTarget;
  secret: DestinationSecret | undefined;
}

/**
 * @param standing the target that is replaced; its secret is kept when the new one is of the same kind and brings none
 * @throws ManagementError
 */
export function checkTarget(
  input: TargetInput,
  standing: EventTarget | undefined,
  egressRules: EgressRules,
): CheckedTarget {
  if (input.cloudwatch_logs) {
    return plain({ type: 'cloudwatch_logs', logGroupArn: input.cloudwatch_logs.log_group_arn.replace(/:\*$/, '') });
  }
  if (input.firehose) return plain({ type: 'firehose', deliveryStreamArn: input.firehose.delivery_stream_arn });
  if (input.eventbridge) return plain({ type: 'eventbridge', eventBusArn: input.eventbridge.event_bus_arn });
  if (input.webhook) {
    const { url, secret } = input.webhook;
    checkWebhookUrl(url, egressRules);
    const wasSigned = standing?.type === 'webhook' && standing.isSigned;
    return {
      target: { type: 'webhook', url, isSigned: secret === undefined ? wasSigned : secret !== null },
      secret: secret ? { secret } : undefined,
    };
  }
  const { api_key, ddsite: site, service, ddtags: tags } = input.datadog as z.output<typeof datadog>;
  if (api_key === undefined && standing?.type !== 'datadog') {
    throw new ManagementError('ERR_NGROK_27006', '"target.datadog.api_key" is missing; give it');
  }
  return {
    target: { type: 'datadog', site, ...(service && { service }), ...(tags && { tags }) },
    secret: api_key === undefined ? undefined : { api_key },
  };
}

function plain(target: EventTarget): CheckedTarget {
  return { target, secret: undefined };
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function checkWebhookUrl(text: string, rules: EgressRules): void {
  const refuse = (reason: string, cause?: unknown) => {
    throw new ManagementError('ERR_NGROK_215', `"target.webhook.url" ${reason}`, { cause });
  };
  const url = URL.canParse(text) ? new URL(text) : refuse('is not an address such as "https://example.com/events"');
  if (!url) return;
  if (url.username !== '' || url.password !== '') refuse('has a user name in it; leave it out, and use "secret"');
  const isLocal = url.protocol === 'http:' && rules.allowLoopback && loopback.test(url.hostname);
  if (url.protocol !== 'https:' && !isLocal) refuse('must begin with https://');
  try {
    createEgress(rules).checkUrl(url);
  } catch (error) {
    if (!(error instanceof ForbiddenAddress)) throw error;
    refuse(`cannot be used: ${error.message}`, error);
  }
}

export function toTargetAnswer(target: EventTarget): z.output<typeof targetAnswer> {
  switch (target.type) {
    case 'cloudwatch_logs':
      return { cloudwatch_logs: { log_group_arn: target.logGroupArn } };
    case 'firehose':
      return { firehose: { delivery_stream_arn: target.deliveryStreamArn } };
    case 'eventbridge':
      return { eventbridge: { event_bus_arn: target.eventBusArn } };
    case 'webhook':
      return { webhook: { url: target.url, signed: target.isSigned } };
    case 'datadog':
      return {
        datadog: {
          ddsite: target.site as (typeof datadogSites)[number],
          ...(target.service && { service: target.service }),
          ...(target.tags && { ddtags: target.tags }),
        },
      };
  }
}
