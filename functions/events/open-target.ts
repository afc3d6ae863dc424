import type { Clock } from '../core/clock.ts';
import type { Egress } from '../providers/egress.ts';
import { destinationSecretId } from '../store/destination-secrets.ts';
import type { EventDestination } from '../store/event-settings.ts';
import type { SecretReader } from '../store/secrets.ts';
import { type AwsCall, openAws, openCloudWatchLogs, openEventBridge, openFirehose } from './targets/aws-targets.ts';
import { openDatadog } from './targets/datadog.ts';
import { DeliveryError, type Target } from './targets/target.ts';
import { openWebhook } from './targets/webhook.ts';

export interface TargetParts {
  egress: Egress;
  now: Clock;
  secrets: SecretReader;
  /** Before the names of destinations' secrets. */
  secretsPrefix: string;
  /** For tests; else AWS itself. */
  openAws?: (service: 'logs' | 'firehose' | 'events', arn: string) => AwsCall;
  webhookTimeoutMs?: number;
}

/** @throws DeliveryError when the destination's secret is not there; StoreError when it cannot be read */
export async function openTarget({ id, accountId, target }: EventDestination, parts: TargetParts): Promise<Target> {
  const aws = parts.openAws ?? openAws;
  switch (target.type) {
    case 'cloudwatch_logs':
      return openCloudWatchLogs(target.logGroupArn, aws('logs', target.logGroupArn));
    case 'firehose':
      return openFirehose(target.deliveryStreamArn, aws('firehose', target.deliveryStreamArn));
    case 'eventbridge':
      return openEventBridge(target.eventBusArn, aws('events', target.eventBusArn));
    case 'webhook': {
      const { egress, now, webhookTimeoutMs: timeoutMs } = parts;
      const secret = target.isSigned ? await readSecret('secret') : undefined;
      return openWebhook(target.url, secret, { egress, now, timeoutMs });
    }
    case 'datadog':
      return openDatadog(target, await readSecret('api_key'), parts);
  }

  async function readSecret(name: 'secret' | 'api_key'): Promise<string> {
    const value = (await parts.secrets.read(destinationSecretId(parts.secretsPrefix, accountId, id)))?.[name];
    if (value === undefined) throw new DeliveryError(`the ${name} of ${id} is gone; PATCH the target with a new one`);
    return value;
  }
}
