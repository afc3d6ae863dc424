/** One for each request to a model. */
export const requestType = 'ai_gateway_request.v0';

/** What somebody should look at. They also go to the deployment's alert topic. */
export const alertTypes = [
  'credits_low_balance.v0',
  'credits_exhausted.v0',
  'credits_expiring.v0',
  'spend_abnormal.v0',
  'provider_error_rate.v0',
  'cost_overrun.v0',
  'holds_abandoned.v0',
  'event_destination_paused.v0',
] as const;

export type AlertType = (typeof alertTypes)[number];

/** Things of the management API, and which of their changes there are. */
const changes: Record<string, readonly ('created' | 'updated' | 'deleted')[]> = {
  account: ['created', 'updated'],
  ai_gateway_api_key: ['created', 'updated', 'deleted'],
  api_key: ['created', 'updated', 'deleted'],
  credit_checkout_session: ['created'],
  credit_grant: ['created'],
  credit_refund: ['created'],
  endpoint: ['created', 'updated', 'deleted'],
  event_destination: ['created', 'updated', 'deleted'],
  event_subscription: ['created', 'updated', 'deleted'],
  secret: ['created', 'updated', 'deleted'],
  vault: ['created', 'updated', 'deleted'],
};

/** Changes made through the management API. */
export const changeTypes: readonly string[] = Object.entries(changes).flatMap(([thing, verbs]) =>
  verbs.map(verb => `${thing}_${verb}.v0`),
);

/** Sent on request, to try a destination; nobody subscribes to it. */
export const testType = 'event_destination_test.v0';

/** What can be subscribed to. */
export const eventTypes: readonly string[] = [requestType, ...alertTypes, ...changeTypes];
