import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { referenceAnswer, timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { findEndpoint } from '../store/endpoints.ts';
import {
  findInspection,
  type InspectedMessage,
  type Inspection,
  type InspectionSummary,
  listInspections,
} from '../store/inspections.ts';
import { replay } from './replay.ts';
import { idField, isoOf, nameField, readTimeRange, timeRangeFields } from './time-range.ts';
import { nextPageUri } from './usage-filter.ts';

const path = '/inspector/requests';

const summaryFields = {
  id: z.string().describe('Of the request, as in its usage record'),
  uri: z.url(),
  created_at: timestampAnswer,
  expires_at: timestampAnswer.describe('When nobody can read it any more'),
  endpoint: referenceAnswer,
  ai_gateway_api_key: referenceAnswer.nullable(),
  method: z.string(),
  path: z.string(),
  status_code: z.int(),
  outcome: z.string().nullable().describe('Null where no model was asked'),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  total_ms: z.number(),
  replay_of: z.string().nullable().describe('The request that this one repeats'),
};

const messageFields = {
  headers: z.record(z.string(), z.string()).describe('Values to 1 KB'),
  body: z.string().describe('To 10 KB'),
  body_bytes: z.int().describe('Of the whole body'),
  truncated: z.array(z.string()).describe('What is not whole, such as "body" or "headers.user-agent"'),
  masked: z.array(z.string()).describe('Where credentials stood'),
};

const inspectionAnswer = z
  .strictObject({
    ...summaryFields,
    request: z.strictObject({ query: z.string(), ...messageFields }),
    response: z.strictObject(messageFields),
  })
  .meta({ id: 'InspectedRequest' });

const listQuery = z.strictObject({
  ...timeRangeFields,
  endpointId: idField.optional(),
  accessKeyId: idField.optional().describe('Of a gateway key'),
  model: nameField.optional().describe('That answered'),
  statusCode: z.coerce.number('must be a number').int().min(100).max(599).optional(),
  cursor: idField.optional().describe('Where the page before said that it goes on'),
  limit: z.coerce.number('must be a number from 1 to 100').int().min(1).max(100).default(50),
});

const listAnswer = z.strictObject({
  requests: z
    .array(z.strictObject(summaryFields).meta({ id: 'InspectedRequestSummary' }))
    .describe('Newest first. May be short, or empty, before the last page'),
  uri: z.url(),
  cursor: z.string().nullable().describe('Where the next page begins; null after the last'),
  next_page_uri: z.url().nullable(),
});

const replayBody = z.strictObject({
  gateway_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('A gateway key of the endpoint, in place of the masked credential; used for this call and kept nowhere'),
});

const replayAnswer = z
  .strictObject({
    original_request_id: z.string(),
    request_id: z.string().nullable().describe('Of the repetition; null while the endpoint has not begun to answer'),
    status_code: z.int().nullable(),
    uri: z.url().nullable().describe('Where the Traffic Inspector shows it, if it is still on'),
  })
  .meta({ id: 'Replay' });

/** What passed through endpoints whose Traffic Inspector was on. Prompts and answers are for administrators only. */
export const inspectorRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'admin',
    summary: 'List the requests that the Traffic Inspector has kept',
    query: listQuery,
    answer: listAnswer,
    async handle({ query, caller, origin }, { store, now }) {
      const nowMs = now();
      const { fromMs, untilMs } = readTimeRange(query, nowMs);
      const { limit, cursor } = query;
      const isWanted = toPredicate(query);
      const page = await listInspections(store, caller.accountId, { fromMs, untilMs, cursor, limit, nowMs, isWanted });
      const sameTime = { ...query, startTime: isoOf(fromMs), endTime: isoOf(untilMs) };
      return {
        status: 200,
        body: {
          requests: page.inspections.map(summary => toSummary(summary, origin)),
          uri: `${origin}${path}`,
          cursor: page.cursor ?? null,
          next_page_uri: nextPageUri(origin, path, sameTime, page.cursor),
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Show a request that the Traffic Inspector has kept',
    answer: inspectionAnswer,
    async handle({ parameters, caller, origin }, management) {
      const inspection = await requireInspection(caller.accountId, parameters.id, management);
      const { query, ...request } = inspection.request;
      return {
        status: 200,
        body: {
          ...toSummary(inspection, origin),
          request: { query, ...toMessage(request) },
          response: toMessage(inspection.response),
        },
      };
    },
  }),
  route({
    method: 'POST',
    path: `${path}/{id}/replay`,
    role: 'admin',
    summary: 'Send a kept request again, through the present policy of its endpoint',
    body: replayBody,
    answer: replayAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const { store, gatewayUrl } = management;
      const inspection = await requireInspection(caller.accountId, parameters.id, management);
      const endpoint = await findEndpoint(store, caller.accountId, inspection.endpointId);
      if (!endpoint) throw new ManagementError('unusable_request', 'The endpoint of this request was deleted');
      if (gatewayUrl === undefined) throw new Error('TOLLGATE_GATEWAY_URL is not set');
      const { requestId, status } = await replay(inspection, endpoint.slug, body.gateway_key, gatewayUrl);
      return {
        status: 200,
        body: {
          original_request_id: inspection.requestId,
          request_id: requestId ?? null,
          status_code: status ?? null,
          uri: requestId === undefined ? null : `${origin}${path}/${requestId}`,
        },
      };
    },
  }),
];

async function requireInspection(
  accountId: string,
  id: string | undefined,
  { store, now }: Pick<Management, 'store' | 'now'>,
): Promise<Inspection> {
  const inspection = id && isId('rq', id) ? await findInspection(store, accountId, id, now()) : undefined;
  if (inspection) return inspection;
  throw new ManagementError(
    'not_found',
    `The Traffic Inspector has no request "${id}"; it keeps requests for hours only, and only of endpoints where it is on`,
  );
}

function toPredicate(query: z.output<typeof listQuery>): (summary: InspectionSummary) => boolean {
  const wanted: [keyof InspectionSummary, unknown][] = [
    ['endpointId', query.endpointId],
    ['gatewayKeyId', query.accessKeyId],
    ['model', query.model],
    ['status', query.statusCode],
  ];
  const given = wanted.filter(([, value]) => value !== undefined);
  return summary => given.every(([field, value]) => summary[field] === value);
}

function toSummary(summary: InspectionSummary, origin: string) {
  const { requestId, endpointId, gatewayKeyId } = summary;
  return {
    id: requestId,
    uri: `${origin}${path}/${requestId}`,
    created_at: summary.createdAt,
    expires_at: summary.expiresAt,
    endpoint: { id: endpointId, uri: `${origin}/endpoints/${endpointId}` },
    ai_gateway_api_key: gatewayKeyId
      ? { id: gatewayKeyId, uri: `${origin}/ai_gateway_api_keys/${gatewayKeyId}` }
      : null,
    method: summary.method,
    path: summary.path,
    status_code: summary.status,
    outcome: summary.outcome ?? null,
    provider: summary.provider ?? null,
    model: summary.model ?? null,
    total_ms: summary.totalMs,
    replay_of: summary.replayOf ?? null,
  };
}

function toMessage({ headers, body, bodyBytes, cut, masked }: InspectedMessage) {
  return { headers, body, body_bytes: bodyBytes, truncated: cut, masked };
}
