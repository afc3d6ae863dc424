import { z } from 'zod';
import { isId, newId } from '../core/ids.ts';
import { eventTypes } from '../events/event-types.ts';
import { createOnce } from '../management/create-once.ts';
import {
  descriptionField,
  metadataField,
  page,
  pageAnswer,
  pageQuery,
  reference,
  referenceAnswer,
  replayedField,
  timestampAnswer,
} from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { compileEventFilter } from '../policy/expressions/event-filter.ts';
import { ExpressionError } from '../policy/expressions/expression-error.ts';
import {
  createSubscription,
  deleteSubscription,
  type EventSubscription,
  readEventSettings,
  updateSubscription,
} from '../store/event-settings.ts';
import { newestFirst } from './shared.ts';

const path = '/event_subscriptions';
const subscriptionsMax = 50;

const filterField = z
  .string()
  .superRefine((source, context) => {
    try {
      compileEventFilter(source);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  })
  .describe('A CEL expression over the event "ev", such as ev.object.endpoint.id == "ep_1"; absent fields are null');

const sourceField = z.strictObject({
  type: z
    .string()
    .refine(type => eventTypes.includes(type), {
      error: ({ input }) => `"${input}" is no event type; use one of ${eventTypes.join(', ')}`,
    })
    .describe('An event type, see docs/events.md'),
  filter: filterField.optional(),
});

const sourcesField = z.array(sourceField).min(1).max(20);
const destinationIdsField = z.array(z.string()).min(1).max(10);

const createBody = z
  .strictObject({
    sources: sourcesField,
    destination_ids: destinationIdsField,
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
  })
  .meta({ id: 'EventSubscriptionCreate' });

const updateBody = z
  .strictObject({
    sources: sourcesField.optional(),
    destination_ids: destinationIdsField.optional(),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
  })
  .meta({ id: 'EventSubscriptionUpdate' });

const fields = {
  id: z.string().regex(/^es_/),
  uri: z.url(),
  created_at: timestampAnswer,
  updated_at: timestampAnswer,
  description: z.string(),
  metadata: z.string(),
  created_by: referenceAnswer,
  last_updated_by: referenceAnswer,
  sources: z.array(z.strictObject({ type: z.string(), filter: z.string().optional() })),
  destination_ids: z.array(z.string()),
};

const subscriptionAnswer = z.strictObject(fields).meta({ id: 'EventSubscription' });
const createdAnswer = z.strictObject({ ...fields, ...replayedField }).meta({ id: 'EventSubscriptionCreated' });

export const subscriptionRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'admin',
    summary: 'Send events of some types to some destinations',
    body: createBody,
    answer: createdAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, caller, origin } = request;
      const { store, now, randomBytes } = management;
      const { accountId } = caller;
      const result = await createOnce(request, management, {
        name: path,
        newId: () => newId('es', now(), randomBytes),
        async check() {
          await requireDestinations(accountId, body.destination_ids, management);
          if ((await readEventSettings(store, accountId)).subscriptions.length < subscriptionsMax) return;
          const message = `The account has ${subscriptionsMax} event subscriptions; delete some`;
          throw new ManagementError('limit_reached', message);
        },
        find: id => findSubscription(accountId, id, management),
        async create(id) {
          const createdAt = new Date(now()).toISOString();
          const subscription: EventSubscription = {
            id,
            accountId,
            sources: body.sources,
            destinationIds: body.destination_ids,
            description: body.description,
            metadata: body.metadata,
            createdAt,
            updatedAt: createdAt,
            createdBy: caller.id,
            lastUpdatedBy: caller.id,
          };
          await createSubscription(store, subscription);
          return subscription;
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
    summary: 'List the event subscriptions of the account',
    query: pageQuery,
    answer: pageAnswer('event_subscriptions', subscriptionAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const { subscriptions } = await readEventSettings(store, caller.accountId);
      const { items, more } = newestFirst(subscriptions, before_id, limit);
      const wire = items.map(subscription => toWire(subscription, origin));
      return { status: 200, body: page('event_subscriptions', wire, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'viewer',
    summary: 'Show an event subscription',
    answer: subscriptionAnswer,
    async handle({ parameters: { id }, caller, origin }, management) {
      const subscription = await findSubscription(caller.accountId, id, management);
      if (!subscription) throw notFound(id);
      return { status: 200, body: toWire(subscription, origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Change an event subscription',
    body: updateBody,
    answer: subscriptionAnswer,
    async handle({ parameters: { id = '' }, body, caller, origin }, management) {
      const { accountId } = caller;
      if (!isId('es', id)) throw notFound(id);
      if (body.destination_ids) await requireDestinations(accountId, body.destination_ids, management);
      const updated = await updateSubscription(management.store, accountId, id, {
        sources: body.sources,
        destinationIds: body.destination_ids,
        description: body.description,
        metadata: body.metadata,
        updatedAt: new Date(management.now()).toISOString(),
        lastUpdatedBy: caller.id,
      });
      if (!updated) throw notFound(id);
      return { status: 200, body: toWire(updated, origin) };
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Delete an event subscription',
    answer: undefined,
    async handle({ parameters: { id }, caller }, management) {
      const subscription = await findSubscription(caller.accountId, id, management);
      if (!subscription) throw notFound(id);
      await deleteSubscription(management.store, caller.accountId, subscription.id);
      return { status: 204 };
    },
  }),
];

async function findSubscription(accountId: string, id: string | undefined, { store }: Pick<Management, 'store'>) {
  const { subscriptions } = await readEventSettings(store, accountId);
  return subscriptions.find(subscription => subscription.id === id);
}

async function requireDestinations(
  accountId: string,
  ids: readonly string[],
  { store }: Pick<Management, 'store'>,
): Promise<void> {
  const { destinations } = await readEventSettings(store, accountId);
  const unknown = ids.find(id => !destinations.some(destination => destination.id === id));
  if (unknown === undefined) return;
  throw new ManagementError(
    'ERR_NGROK_215',
    `"destination_ids" names "${unknown}", which is no event destination; POST /event_destinations makes one`,
  );
}

function toWire(subscription: EventSubscription, origin: string): z.output<typeof subscriptionAnswer> {
  return {
    id: subscription.id,
    uri: `${origin}${path}/${subscription.id}`,
    created_at: subscription.createdAt,
    updated_at: subscription.updatedAt,
    description: subscription.description,
    metadata: subscription.metadata,
    created_by: reference(origin, '/api_keys', subscription.createdBy),
    last_updated_by: reference(origin, '/api_keys', subscription.lastUpdatedBy),
    sources: subscription.sources,
    destination_ids: subscription.destinationIds,
  };
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no event subscription "${id}"`);
}
