import { z } from 'zod';
import { newId } from '../core/ids.ts';
import { createOnce } from '../management/create-once.ts';
import { descriptionField, metadataField, page, pageAnswer, pageQuery, replayedField } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { readDeliveryState, resetDelivery } from '../store/delivery-states.ts';
import { deleteDestinationSecret, destinationSecretId, writeDestinationSecret } from '../store/destination-secrets.ts';
import { countPending } from '../store/event-outbox.ts';
import {
  createDestination,
  deleteDestination,
  type EventDestination,
  findDestination,
  readEventSettings,
  updateDestination,
} from '../store/event-settings.ts';
import {
  deliveryAnswer,
  destinationAnswer,
  noDestination,
  path,
  requireDestination,
  toDeliveryWire,
  toWire,
} from './destination.ts';
import { newestFirst, requireEvents } from './shared.ts';
import { checkTarget, targetField } from './target-fields.ts';

/** Counted before one is made: destinations made at the same moment can pass it by a few. */
const destinationsMax = 20;

const createBody = z
  .strictObject({
    target: targetField,
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
  })
  .meta({ id: 'EventDestinationCreate' });

const updateBody = z
  .strictObject({
    target: targetField.optional(),
    paused: z.boolean().optional().describe('False resumes, also what was paused because it had failed for long'),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
  })
  .meta({ id: 'EventDestinationUpdate' });

const createdAnswer = destinationAnswer.extend(replayedField).meta({ id: 'EventDestinationCreated' });

const detailAnswer = destinationAnswer.extend({ delivery: deliveryAnswer }).meta({ id: 'EventDestinationDetails' });

export const destinationRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'admin',
    summary: 'Name a place that events go to',
    body: createBody,
    answer: createdAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, caller, origin } = request;
      const { accountId } = caller;
      const { store, now, randomBytes } = management;
      const { secrets, secretsPrefix, egressRules } = requireEvents(management);
      const { target, secret } = checkTarget(body.target, undefined, egressRules);
      const result = await createOnce(request, management, {
        name: path,
        newId: () => newId('ed', now(), randomBytes),
        async check() {
          if ((await readEventSettings(store, accountId)).destinations.length < destinationsMax) return;
          const message = `The account has ${destinationsMax} event destinations; delete some`;
          throw new ManagementError('limit_reached', message);
        },
        find: id => findDestination(store, accountId, id),
        async create(id) {
          const createdAt = new Date(now()).toISOString();
          const destination: EventDestination = {
            id,
            accountId,
            target,
            isPaused: false,
            description: body.description,
            metadata: body.metadata,
            createdAt,
            updatedAt: createdAt,
            createdBy: caller.id,
            lastUpdatedBy: caller.id,
          };
          if (secret) await writeDestinationSecret(secrets, destinationSecretId(secretsPrefix, accountId, id), secret);
          await createDestination(store, destination);
          return destination;
        },
      });
      if ('existing' in result) return { status: 201, body: { ...toWire(result.existing, origin), replayed: true } };
      return { status: 201, body: toWire(result.created, origin) };
    },
  }),
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List the event destinations of the account',
    query: pageQuery,
    answer: pageAnswer('event_destinations', destinationAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const { destinations } = await readEventSettings(store, caller.accountId);
      const { items, more } = newestFirst(destinations, before_id, limit);
      const wire = items.map(destination => toWire(destination, origin));
      return { status: 200, body: page('event_destinations', wire, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'viewer',
    summary: 'Show an event destination, and how deliveries to it go',
    answer: detailAnswer,
    async handle({ parameters, caller, origin }, management) {
      const { store } = management;
      const destination = await requireDestination(caller.accountId, parameters.id, management);
      const [state, pending] = await Promise.all([
        readDeliveryState(store, destination.id),
        countPending(store, destination.id),
      ]);
      return { status: 200, body: { ...toWire(destination, origin), delivery: toDeliveryWire(state, pending) } };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Change an event destination, pause or resume it; deliveries are tried again at once',
    body: updateBody,
    answer: destinationAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const standing = await requireDestination(caller.accountId, parameters.id, management);
      const target = body.target && (await replaceTarget(body.target, standing, management));
      const updatedAt = new Date(management.now()).toISOString();
      const updated = await updateDestination(management.store, caller.accountId, standing.id, {
        target,
        description: body.description,
        metadata: body.metadata,
        ...(body.paused !== undefined && body.paused !== standing.isPaused && toPause(body.paused, updatedAt)),
        updatedAt,
        lastUpdatedBy: caller.id,
      });
      if (!updated) throw noDestination(parameters.id);
      await resetDelivery(management.store, standing.id);
      return { status: 200, body: toWire(updated, origin) };
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Delete an event destination; what still waits for it is not sent',
    answer: undefined,
    async handle({ parameters, caller }, management) {
      const { store } = management;
      const { id } = await requireDestination(caller.accountId, parameters.id, management);
      const { subscriptions } = await readEventSettings(store, caller.accountId);
      const user = subscriptions.find(({ destinationIds }) => destinationIds.includes(id));
      if (user) {
        throw new ManagementError('destination_in_use', `${user.id} sends events there; change or delete it first`);
      }
      await deleteDestination(store, caller.accountId, id);
      const { secrets, secretsPrefix } = requireEvents(management);
      await deleteDestinationSecret(secrets, destinationSecretId(secretsPrefix, caller.accountId, id));
      return { status: 204 };
    },
  }),
];

async function replaceTarget(
  input: z.output<typeof targetField>,
  { id, accountId, target: standing }: EventDestination,
  management: Management,
) {
  const { secrets, secretsPrefix, egressRules } = requireEvents(management);
  const { target, secret } = checkTarget(input, standing, egressRules);
  if (secret) await writeDestinationSecret(secrets, destinationSecretId(secretsPrefix, accountId, id), secret);
  return target;
}

function toPause(isPaused: boolean, at: string) {
  return isPaused
    ? { isPaused, pausedAt: at, pauseReason: 'requested' }
    : { isPaused, pausedAt: null, pauseReason: null };
}
