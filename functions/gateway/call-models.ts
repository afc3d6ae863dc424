import { GatewayError } from '../core/errors.ts';
import type { PolicyFacts } from '../policy/expressions/policy-facts.ts';
import { wholeBody } from '../policy/run/policy-run.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import type { CompiledAiGateway } from '../routing/compile-policy.ts';
import { parseModelCall } from '../routing/model-call.ts';
import { resolveCandidates } from '../routing/resolve-candidates.ts';
import { firstAnswer } from './attempts.ts';
import type { Caller } from './authenticate.ts';
import { errorAnswer } from './error-response.ts';
import { type Attempt, type Exchange, startExchange, type TraceParent } from './exchange.ts';
import {
  type Gateway,
  type GatewayRequest,
  type GatewayResponse,
  nothingRecorded,
  type RequestEnd,
} from './gateway.ts';
import { answerModels, isModelsPath } from './list-models.ts';
import { planCall } from './plan-call.ts';
import { recordExchange } from './record-exchange.ts';
import { relayedHeaders } from './response-headers.ts';
import { resultTree } from './result-tree.ts';

/** A request that has been authenticated. */
export interface ProvenRequest {
  requestId: string;
  startedAtMs: number;
  request: GatewayRequest;
  caller: Caller;
}

/** One that an `ai-gateway` action is about to answer. */
export interface BegunRequest extends ProvenRequest {
  /** What expressions read of the request. */
  facts(): PolicyFacts;
  rules: Exchange['rules'];
  /** Of `ai-gateway` actions that were passed over. */
  earlierAttempts: Exchange['earlierAttempts'];
}

/** What an `ai-gateway` action answers. */
export interface ModelsResponse extends GatewayResponse {
  isError: boolean;
  /**
   * Ends a call that failed and whose error nobody gets, because the next action answers: gives back what it has set aside
   * and leaves no record. To be called instead of `finish`.
   * @returns its attempts, for the record of the next
   */
  passOver(): Promise<readonly Attempt[]>;
  /** What the call did so far, as policies read it: see `result-tree.ts`. Undefined where none was begun. */
  result(): object | undefined;
}

/** Answers a request as an `ai-gateway` action says. Never throws: whatever goes wrong becomes an answer. */
export async function callModels(
  begun: BegunRequest,
  aiGateway: CompiledAiGateway,
  gateway: Gateway,
): Promise<ModelsResponse> {
  const { request, caller } = begun;
  let exchange: Exchange | undefined;
  try {
    if (isModelsPath(caller.path)) {
      return listing(begun.requestId, answerModels(request, caller.path, aiGateway.catalog));
    }
    const surface = readSurface(request, caller);
    const call = parseModelCall(request.body, surface);
    const resolution = resolveCandidates(call, aiGateway.catalog, aiGateway.modelSelectors);
    const { requestId, startedAtMs, facts, rules, earlierAttempts } = begun;
    exchange = startExchange(
      {
        requestId,
        startedAtMs,
        ...traceParentOf(request),
        host: request.headers.host ?? '',
        caller,
        aiGateway,
        call,
        facts,
        rules,
        resolution,
        earlierAttempts,
      },
      request.timeLeftMs,
    );
    if (resolution.error) throw resolution.error;
    const plan = await planCall(request, exchange, gateway);
    exchange.dropped = plan.dropped;
    if (plan.error) throw plan.error;
    const answer = await firstAnswer(request, plan, exchange, gateway);
    return relayed(answer, request, exchange, gateway);
  } catch (error) {
    return refused(error, begun, exchange, gateway);
  }
}

/** @throws GatewayError 404 for a path outside the API, 405 for a wrong method */
function readSurface({ method }: GatewayRequest, { path }: Caller) {
  const surface = surfaceAt(path);
  if (!surface) throw new GatewayError('path_not_found', `Path "${path}" is not served; paths begin with /v1/`);
  if (method !== 'POST') throw new GatewayError('method_not_allowed', `${path} takes POST, not ${method}`);
  return surface;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function traceParentOf({ headers }: GatewayRequest): TraceParent {
  const shape = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
  const [, traceId, parentSpanId, flags] = shape.exec(headers.traceparent ?? '') ?? [];
  const isUnsampled = flags !== undefined && (Number.parseInt(flags, 16) & 1) === 0;
  return { traceId, parentSpanId, traceUnsampled: isUnsampled || undefined };
}

function relayed(
  answer: Awaited<ReturnType<typeof firstAnswer>>,
  request: GatewayRequest,
  exchange: Exchange,
  gateway: Gateway,
): ModelsResponse {
  exchange.status = answer.status;
  return {
    status: answer.status,
    headers: { ...relayedHeaders(answer.headers), ...traceHeaders(exchange) },
    body: answer.body,
    isError: false,
    finish: () => finish(exchange, gateway),
    passOver: () => passOver(exchange, gateway),
    result: () => resultTree(request, exchange, undefined, gateway),
  };
}

function refused(
  error: unknown,
  begun: BegunRequest,
  exchange: Exchange | undefined,
  gateway: Gateway,
): ModelsResponse {
  const { request, caller, requestId } = begun;
  const format = exchange?.call.surface.format ?? surfaceAt(caller.path)?.format ?? 'openai';
  const answer = errorAnswer(error, format, requestId, gateway);
  if (exchange) {
    exchange.status = answer.status;
    exchange.errorCode = answer.error.code;
  }
  const trace = exchange ? traceHeaders(exchange) : { 'ngrok-aig-request-id': requestId };
  return {
    status: answer.status,
    headers: { ...answer.headers, ...trace },
    body: wholeBody(answer.body),
    isError: true,
    finish: async () => (exchange ? finish(exchange, gateway) : nothingRecorded),
    passOver: async () => (exchange ? passOver(exchange, gateway) : begun.earlierAttempts),
    result: () => exchange && resultTree(request, exchange, answer.error, gateway),
  };
}

async function finish(exchange: Exchange, gateway: Gateway): Promise<RequestEnd> {
  exchange.deadline.stop();
  const record = await recordExchange(exchange, gateway);
  return { record, credentials: [...exchange.earlierAttempts, ...exchange.attempts].map(({ key }) => key.value) };
}

/** What fails here is reported, and the sweep gives back what is left. */
async function passOver(exchange: Exchange, gateway: Gateway): Promise<readonly Attempt[]> {
  exchange.deadline.stop();
  const { hold, limitHold } = exchange;
  const results = await Promise.allSettled([
    hold && gateway.balances.settle(hold, 0n, gateway.now()),
    limitHold && gateway.keyLimits.release(limitHold),
  ]);
  for (const result of results) {
    if (result.status === 'rejected')
      gateway.report(`giving back what ${exchange.requestId} held failed`, result.reason);
  }
  return [...exchange.earlierAttempts, ...exchange.attempts];
}

function listing(requestId: string, body: object): ModelsResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'ngrok-aig-request-id': requestId },
    body: wholeBody(JSON.stringify(body)),
    isError: false,
    finish: async () => nothingRecorded,
    passOver: async () => [],
    result: () => undefined,
  };
}

/** Which provider and model answered, after how many attempts, and to how many tokens the balance limited the answer. */
function traceHeaders({ requestId, served, attempts, earlierAttempts }: Exchange): Record<string, string> {
  return {
    'ngrok-aig-request-id': requestId,
    'ngrok-aig-attempts': String(earlierAttempts.length + attempts.length),
    ...(served && {
      'ngrok-aig-provider': served.candidate.provider.id,
      'ngrok-aig-model': headerText(served.candidate.model.id),
    }),
    ...(served?.outputLimit !== undefined && { 'ngrok-aig-output-limit': String(served.outputLimit) }),
  };
}

/** Names of models are any text; headers are not. */
function headerText(text: string): string {
  return text.slice(0, 255).replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}
