import { randomBytes } from 'node:crypto';
import { clockWithOffset } from '../core/clock.ts';
import { note, report } from '../core/report.ts';
import { EventWriter } from '../events/event-writer.ts';
import { openTarget } from '../events/open-target.ts';
import { openAws, openTopic } from '../events/targets/aws-targets.ts';
import { openLog } from '../events/targets/log.ts';
import { createEgress } from '../providers/egress.ts';
import { openStore } from '../store/dynamo.ts';
import { createSecretReader, openSecretSource } from '../store/secrets.ts';
import { readStorePorts, readTableNames, requireVariable } from '../store/settings.ts';
import { type DeliveryResult, deliver } from './deliver.ts';

/** The next run comes in a minute; what is being sent when this is over has time to end. */
const runTimeMs = 45_000;

const { env } = process;
const store = openStore(readTableNames(env));
const now = clockWithOffset(env.TOLLGATE_CLOCK_OFFSET);
const targetParts = {
  egress: createEgress({
    allowLoopback: env.TOLLGATE_ALLOW_LOOPBACK === '1',
    allowPrivate: env.TOLLGATE_ALLOW_PRIVATE === '1',
    storePorts: readStorePorts(env),
  }),
  now,
  secrets: createSecretReader(openSecretSource(), Number(env.TOLLGATE_CONFIG_CACHE_MS ?? 30_000), now),
  secretsPrefix: requireVariable(env, 'TOLLGATE_DESTINATION_SECRETS_PREFIX'),
};
const topicArn = env.TOLLGATE_ALERT_TOPIC;
const parts = {
  store,
  writer: new EventWriter({ store, now, report }),
  openTarget: (destination: Parameters<typeof openTarget>[0]) => openTarget(destination, targetParts),
  alertTarget: topicArn ? openTopic(topicArn, openAws('sns', topicArn)) : openLog(),
  now,
  random: Math.random,
  randomBytes,
  report,
};

/** Runs on a timer. Safe to run twice, and at once. @returns what it did; a run that sent something also logs it */
export async function handler(): Promise<DeliveryResult> {
  const result = await deliver({ ...parts, stopAtMs: now() + runTimeMs });
  if (Object.values(result).some(count => count > 0)) note('delivered events', result);
  return result;
}
