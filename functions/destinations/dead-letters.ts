import { z } from 'zod';
import { unpackEvents } from '../events/pack-events.ts';
import { page, pageAnswer, pageQuery, timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { type DeadBatch, findDeadBatch, listDeadBatches, reviveDeadBatch } from '../store/event-outbox.ts';
import { path, requireDestination } from './destination.ts';

const lettersPath = (id: string) => `${path}/${id}/dead_letters`;

const fields = {
  id: z.string(),
  uri: z.url(),
  created_at: timestampAnswer,
  died_at: timestampAnswer,
  error: z.string().describe('Of the last try'),
  event_count: z.int(),
};

const letterAnswer = z.strictObject(fields).meta({ id: 'DeadLetter' });

const letterWithEvents = z
  .strictObject({ ...fields, events: z.array(z.looseObject({ event_id: z.string(), event_type: z.string() })) })
  .meta({ id: 'DeadLetterWithEvents' });

/** Events that a destination did not take within 24 hours; they can be read for two weeks. */
export const deadLetterRoutes: Route[] = [
  route({
    method: 'GET',
    path: lettersPath('{id}'),
    role: 'viewer',
    summary: 'List the batches of events that were given up',
    query: pageQuery,
    answer: pageAnswer('dead_letters', letterAnswer),
    async handle({ parameters, query: { limit, before_id }, caller, origin }, management) {
      const { id } = await requireDestination(caller.accountId, parameters.id, management);
      const { batches, more } = await listDeadBatches(management.store, id, { beforeId: before_id, limit });
      const items = batches.map(batch => toWire(id, batch, origin));
      return { status: 200, body: page('dead_letters', items, { origin, path: lettersPath(id), limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${lettersPath('{id}')}/{letter_id}`,
    role: 'viewer',
    summary: 'Show a batch of events that was given up',
    answer: letterWithEvents,
    async handle({ parameters, caller, origin }, management) {
      const { id } = await requireDestination(caller.accountId, parameters.id, management);
      const batch = await requireLetter(id, parameters.letter_id, management);
      return { status: 200, body: { ...toWire(id, batch, origin), events: unpackEvents(batch) } };
    },
  }),
  route({
    method: 'POST',
    path: `${lettersPath('{id}')}/{letter_id}/resend`,
    role: 'admin',
    summary: 'Try for another 24 hours to deliver a batch of events that was given up',
    answer: undefined,
    async handle({ parameters, caller }, management) {
      const { store, now } = management;
      const { id } = await requireDestination(caller.accountId, parameters.id, management);
      const batch = await requireLetter(id, parameters.letter_id, management);
      await reviveDeadBatch(store, id, batch, new Date(now()).toISOString());
      return { status: 204 };
    },
  }),
];

async function requireLetter(destinationId: string, letterId = '', { store }: Pick<Management, 'store'>) {
  const batch = /^[\w-]{1,64}$/.test(letterId) ? await findDeadBatch(store, destinationId, letterId) : undefined;
  if (batch) return batch;
  throw new ManagementError('not_found', `There is no dead letter "${letterId}"`);
}

function toWire(destinationId: string, batch: DeadBatch, origin: string): z.output<typeof letterAnswer> {
  return {
    id: batch.id,
    uri: `${origin}${lettersPath(destinationId)}/${batch.id}`,
    created_at: batch.createdAt,
    died_at: batch.diedAt,
    error: batch.error,
    event_count: batch.events,
  };
}
