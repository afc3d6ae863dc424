import { z } from 'zod';
import { newId } from '../core/ids.ts';
import { testType } from '../events/event-types.ts';
import type { GatewayEvent } from '../events/gateway-event.ts';
import { openTarget } from '../events/open-target.ts';
import { batchId } from '../events/pack-events.ts';
import { DeliveryError } from '../events/targets/target.ts';
import { type Route, route } from '../management/route.ts';
import { createEgress } from '../providers/egress.ts';
import { path, requireDestination } from './destination.ts';
import { requireEvents } from './shared.ts';

const testAnswer = z
  .strictObject({
    event_id: z.string().regex(/^ev_/),
    delivered: z.boolean(),
    status_code: z.int().nullable().describe('Of the refusal; null when none came'),
    error: z.string().nullable(),
    latency_ms: z.int(),
  })
  .meta({ id: 'EventDestinationTest' });

export const testRoutes: Route[] = [
  route({
    method: 'POST',
    path: `${path}/{id}/test`,
    role: 'admin',
    summary: 'Send a test event now, also when the destination is paused, and say what came of it',
    answer: testAnswer,
    async handle({ parameters, caller }, management) {
      const { now, randomBytes, secrets } = management;
      const destination = await requireDestination(caller.accountId, parameters.id, management);
      const { secretsPrefix, egressRules } = requireEvents(management);
      const startedAtMs = now();
      const event: GatewayEvent = {
        event_id: newId('ev', startedAtMs, randomBytes),
        event_type: testType,
        event_timestamp: new Date(startedAtMs).toISOString(),
        account_id: caller.accountId,
        principal: { api_key_id: caller.id, account_id: caller.homeAccountId },
        object: { event_destination: { id: destination.id } },
      };
      const failure = await sendNow();
      return {
        status: 200,
        body: {
          event_id: event.event_id,
          delivered: failure === undefined,
          status_code: failure?.status || null,
          error: failure?.message ?? null,
          latency_ms: Math.max(0, Math.round(now() - startedAtMs)),
        },
      };

      async function sendNow(): Promise<DeliveryError | undefined> {
        try {
          const target = await openTarget(destination, {
            egress: createEgress(egressRules),
            now,
            secrets: { read: id => secrets.readAgain(id), readAgain: id => secrets.readAgain(id) },
            secretsPrefix,
          });
          await target.send({ id: batchId(event.event_timestamp, event.event_id), events: [event] });
          return undefined;
        } catch (error) {
          if (error instanceof DeliveryError) return error;
          throw error;
        }
      }
    },
  }),
];
