import type { Catalog } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import { callProvider, type ProviderAnswer, ProviderError } from '../providers/http.ts';
import { type Candidate, candidateName } from '../routing/endpoint-catalog.ts';
import type { FittedPlan } from '../routing/fit-plan.ts';
import { type KeyFailure, quotaFrom } from '../routing/key-health.ts';
import { attemptsMax, type Plan } from '../routing/plan-attempts.ts';
import { keyId, type ProviderKey } from '../routing/provider-keys.ts';
import type { AttemptRecord } from '../store/usage.ts';
import type { Attempt, Exchange } from './exchange.ts';
import type { Gateway, GatewayRequest } from './gateway.ts';
import { affordablePlan } from './hold-credits.ts';
import { type OpenedAnswer, openAnswer } from './open-answer.ts';
import type { CallPlan } from './plan-call.ts';
import { providerRequest } from './provider-request.ts';
import { UnusableAnswer } from './unusable-answer.ts';

const errorBodyBytesMax = 64 * 1024;
/** An error that comes slowly does not keep the next candidate waiting. */
const errorBodyMs = 2_000;
const shownErrorCharactersMax = 1024;

/** Every candidate failed, and the last one with an HTTP answer, which the client gets to see. */
export class AllAttemptsFailed extends Error {
  readonly answer: { status: number; headers: Record<string, string>; body: Buffer };

  constructor(answer: AllAttemptsFailed['answer']) {
    super('every attempt failed');
    this.answer = answer;
  }
}

type Result =
  | { status: 'answered'; answer: OpenedAnswer }
  | { status: 'failed'; key: ProviderKey; answer?: AllAttemptsFailed['answer'] };

/**
 * Tries candidates in order, each with each of its keys, until one answers. Managed plans are tried as the
 * balance allows it. When a provider refuses keys with 401, they are read
 * anew once for each request, and what has been replaced is tried.
 * @throws AllAttemptsFailed when the last attempt got an HTTP error from its provider
 * @throws GatewayError ERR_NGROK_3800, 3807, 3810, 3812 when it did not; 4026 and others when nothing could be tried
 */
export async function firstAnswer(
  request: GatewayRequest,
  callPlan: CallPlan,
  exchange: Exchange,
  gateway: Gateway,
): Promise<OpenedAnswer> {
  const { plans } = callPlan;
  let refusal: GatewayError | undefined;
  let last: Result | undefined;
  let readKeysAgain = false;
  for (const [index, planned] of plans.entries()) {
    const fitted = await affordablePlan(planned, plans.slice(index + 1), refusal, exchange, gateway);
    if (fitted instanceof GatewayError) {
      refusal ??= fitted;
      exchange.dropped = [...exchange.dropped, { model: candidateName(planned.candidate), reason: fitted.message }];
      continue;
    }
    const { plan } = fitted;
    const keys = [...plan.keys];
    for (const key of keys) {
      if (exchange.attempts.length === attemptsMax) throw tooManyAttempts(exchange);
      last = await tryOnce(request, fitted, key, callPlan, exchange, gateway);
      if (last.status === 'answered') return last.answer;
      if (exchange.deadline.signal.aborted) throw totalTimeout(exchange);
      if (last.answer?.status === 401 && !readKeysAgain && key === keys.at(-1)) {
        readKeysAgain = true;
        keys.push(...(await replacedKeys(plan, callPlan)));
      }
    }
  }
  if (!last) throw refusal ?? new Error('no candidate was tried and none was refused');
  if (last.status === 'failed' && last.answer && !isOurFault(last.key, last.answer.status)) {
    throw new AllAttemptsFailed(last.answer);
  }
  throw allFailed(exchange);
}

/** A provider that refuses the deployment's key says nothing about the client's. */
function isOurFault({ source }: ProviderKey, status: number): boolean {
  return source === 'managed' && (status === 401 || status === 403);
}

/** Keys of the same kind that the provider has not refused yet. */
async function replacedKeys({ candidate, keys }: Plan, callPlan: CallPlan): Promise<ProviderKey[]> {
  const tried = new Set(keys.map(({ value }) => value));
  const kinds = new Set(keys.map(({ source }) => source));
  const keysNow = await callPlan.keysNow(candidate);
  return keysNow.filter(({ source, value }) => kinds.has(source) && !tried.has(value));
}

async function tryOnce(
  request: GatewayRequest,
  { plan, outputLimit }: FittedPlan,
  key: ProviderKey,
  callPlan: CallPlan,
  exchange: Exchange,
  gateway: Gateway,
): Promise<Result> {
  const startedAtMs = gateway.now();
  exchange.sentAtMs ??= startedAtMs;
  const { url, headers, body } = providerRequest(request, exchange, plan, key, callPlan);
  const attempt = startAttempt(plan, key, url, startedAtMs, gateway);
  const { record } = attempt;
  exchange.attempts.push(attempt);
  let answer: ProviderAnswer | undefined;
  try {
    const timeoutMs = exchange.aiGateway.config.per_request_timeout;
    const deadline = exchange.deadline.signal;
    answer = await callProvider({ url, method: 'POST', headers, body, timeoutMs, deadline }, gateway.egress);
    record.status = answer.status;
    record.headersMs = gateway.now() - startedAtMs;
    record.quota = quotaFrom(answer.headers);
    attempt.responseHeaders = answer.headers;
    if (answer.status >= 300) return await failedAnswer(answer, attempt);
    const opened = await openAnswer(answer, exchange, gateway);
    exchange.served = { candidate: plan.candidate, key, price: plan.bound?.price, outputLimit };
    return { status: 'answered', answer: opened };
  } catch (error) {
    if (!(error instanceof ProviderError || error instanceof UnusableAnswer)) throw error;
    answer?.abandon();
    record.failure = error instanceof ProviderError ? error.failure : 'unusable';
    record.error = error.message;
    return { status: 'failed', key };
  } finally {
    record.totalMs = gateway.now() - startedAtMs;
    if (key.source === 'own') gateway.keyHealth.note(keyId(key.value), keyFailure(record), attempt.responseHeaders);
  }
}

function startAttempt(
  { candidate, keySelections }: Plan,
  key: ProviderKey,
  url: URL,
  startedAtMs: number,
  { catalog }: Gateway,
): Attempt {
  const record: AttemptRecord = {
    provider: candidate.provider.id,
    model: candidate.model.id,
    keySource: key.source,
    keyId: key.source === 'own' ? keyId(key.value) : undefined,
    isCustom: isCustom(candidate, catalog) || undefined,
    status: 0,
    totalMs: 0,
  };
  const place = `${url.origin}${url.pathname}`;
  return { record, startedAtMs, keySelections, url: place, key, responseHeaders: {}, errorBody: undefined };
}

function isCustom({ provider, model }: Candidate, catalog: Catalog): boolean {
  return (
    catalog.provider(provider.id)?.baseUrl !== provider.baseUrl || catalog.model(provider.id, model.id) === undefined
  );
}

async function failedAnswer(answer: ProviderAnswer, attempt: Attempt): Promise<Result> {
  const { status, headers } = answer;
  attempt.record.failure = 'http';
  attempt.record.error = `HTTP ${status}`;
  const slow = setTimeout(() => answer.abandon(), errorBodyMs);
  const body = await readBeginning(answer.body, errorBodyBytesMax).finally(() => clearTimeout(slow));
  answer.abandon();
  attempt.errorBody = body.toString('utf8').slice(0, shownErrorCharactersMax);
  return { status: 'failed', key: attempt.key, answer: { status, headers, body } };
}

function keyFailure({ failure, status }: AttemptRecord): KeyFailure | undefined {
  if (failure === undefined) return undefined;
  if (failure === 'timeout' || failure === 'total_timeout') return 'timeout';
  if (status === 429) return 'rate_limit';
  return failure === 'http' && status < 500 ? 'client' : 'server';
}

function describe({ attempts, dropped }: Exchange): string {
  const tried = attempts.map(({ record: { provider, model, error } }) => `[${provider}:${model}] ${error}`);
  return [...tried, ...dropped.map(({ model, reason }) => `[${model}] not tried: ${reason}`)].join('; ');
}

function tooManyAttempts(exchange: Exchange): GatewayError {
  return new GatewayError('ERR_NGROK_3812', `Gave up after ${attemptsMax} failed attempts: ${describe(exchange)}`);
}

function totalTimeout(exchange: Exchange): GatewayError {
  const { total_timeout } = exchange.aiGateway.config;
  return new GatewayError(
    'ERR_NGROK_3810',
    `No answer within total_timeout (${total_timeout / 1000} s): ${describe(exchange)}`,
  );
}

function allFailed(exchange: Exchange): GatewayError {
  const unreachable = exchange.attempts.every(
    ({ record: { failure } }) => failure === 'connection' || failure === 'forbidden_address',
  );
  const code = unreachable ? 'ERR_NGROK_3800' : 'ERR_NGROK_3807';
  return new GatewayError(code, `No provider answered: ${describe(exchange)}`);
}

async function readBeginning(body: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
}
