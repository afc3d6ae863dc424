import { GatewayError } from '../core/errors.ts';
import { formatUsd } from '../core/money.ts';
import { callProvider, type ProviderAnswer, ProviderError } from '../providers/http.ts';
import type { ProviderKey } from '../routing/provider-keys.ts';
import type { AttemptRecord } from '../store/usage.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway, GatewayRequest } from './gateway.ts';
import { holdLimitFor, releaseLimit } from './hold-limit.ts';
import { type OpenedAnswer, openAnswer, UnusableAnswer } from './open-answer.ts';
import type { Plan } from './plan-attempts.ts';
import { providerRequest } from './provider-request.ts';

/** More tries than this help nobody. */
const attemptsMax = 32;
const errorBodyBytesMax = 64 * 1024;

/** Every candidate failed, and the last one with an HTTP answer, which the client gets to see. */
export class AllAttemptsFailed extends Error {
  readonly answer: { status: number; headers: Record<string, string>; body: Buffer };

  constructor(answer: AllAttemptsFailed['answer']) {
    super('every attempt failed');
    this.answer = answer;
  }
}

/**
 * Tries candidates in order, each with each of its keys, until one answers. Before the first managed key is used, the
 * most that any managed plan still to come could cost is set aside.
 * @throws AllAttemptsFailed when the last attempt got an HTTP error from its provider
 * @throws GatewayError ERR_NGROK_3800, 3807, 3810, 3812 when it did not; 4026 and others when nothing could be tried
 */
export async function firstAnswer(
  request: GatewayRequest,
  plans: Plan[],
  exchange: Exchange,
  gateway: Gateway,
): Promise<OpenedAnswer> {
  let refusal: GatewayError | undefined;
  let lastFailure: Failure | undefined;
  for (const [index, plan] of plans.entries()) {
    if (plan.boundNanoUsd !== undefined && !exchange.hold) {
      refusal ??= await holdFor(plans.slice(index), exchange, gateway);
      if (refusal) continue;
    }
    for (const key of plan.keys) {
      if (exchange.attempts.length === attemptsMax) throw tooManyAttempts(exchange);
      const result = await tryOnce(request, plan, key, exchange, gateway);
      if (result.status === 'answered') return result.answer;
      lastFailure = result.failure;
      if (exchange.deadline.signal.aborted) throw totalTimeout(exchange);
    }
  }
  if (!lastFailure) throw refusal ?? new Error('no candidate was tried and none was refused');
  if (lastFailure.answer) throw new AllAttemptsFailed(lastFailure.answer);
  throw allFailed(exchange);
}

interface Failure {
  /** The provider's own error, when it sent one. */
  answer: AllAttemptsFailed['answer'] | undefined;
}

async function tryOnce(
  request: GatewayRequest,
  plan: Plan,
  key: ProviderKey,
  exchange: Exchange,
  gateway: Gateway,
): Promise<{ status: 'answered'; answer: OpenedAnswer } | { status: 'failed'; failure: Failure }> {
  const startedAtMs = gateway.now();
  exchange.sentAtMs ??= startedAtMs;
  const { provider, modelId } = plan.candidate;
  const record: AttemptRecord = { provider: provider.id, model: modelId, keySource: key.source, status: 0, totalMs: 0 };
  exchange.attempts.push(record);
  let answer: ProviderAnswer | undefined;
  try {
    const { url, headers, body } = providerRequest(request, exchange, plan, key, gateway);
    const timeoutMs = exchange.caller.endpoint.policy.aiGateway.per_request_timeout;
    answer = await callProvider(
      { url, method: 'POST', headers, body, timeoutMs, deadline: exchange.deadline.signal },
      gateway.egress,
    );
    record.status = answer.status;
    record.headersMs = gateway.now() - startedAtMs;
    if (answer.status >= 300) {
      const errorBody = await readAll(answer.body, errorBodyBytesMax);
      answer.abandon();
      record.error = `HTTP ${answer.status}`;
      return {
        status: 'failed',
        failure: { answer: { status: answer.status, headers: answer.headers, body: errorBody } },
      };
    }
    const opened = await openAnswer(answer, exchange, gateway);
    exchange.served = { candidate: plan.candidate, key };
    return { status: 'answered', answer: opened };
  } catch (error) {
    if (!(error instanceof ProviderError || error instanceof UnusableAnswer)) throw error;
    answer?.abandon();
    record.error = error.message;
    return { status: 'failed', failure: { answer: undefined } };
  } finally {
    record.totalMs = gateway.now() - startedAtMs;
  }
}

/** @returns why no money could be set aside, or undefined when it was */
async function holdFor(plans: Plan[], exchange: Exchange, gateway: Gateway): Promise<GatewayError | undefined> {
  const bounds = plans.flatMap(({ boundNanoUsd }) => boundNanoUsd ?? []);
  const amountNanoUsd = bounds.reduce((a, b) => (a > b ? a : b));
  const limited = await holdLimitFor(exchange, amountNanoUsd, gateway);
  if (limited) return limited;
  const { accountId } = exchange.caller.endpoint;
  const result = await gateway.balances.hold(accountId, exchange.requestId, amountNanoUsd, gateway.now());
  if (result.status === 'held') {
    exchange.hold = result.hold;
    return undefined;
  }
  await releaseLimit(exchange, gateway);
  const [needed, available] = [formatUsd(amountNanoUsd), formatUsd(result.availableNanoUsd)];
  return new GatewayError(
    result.everPurchased ? 'ERR_NGROK_4026' : 'ERR_NGROK_6033',
    `Not enough credits: this request may cost up to ${needed} USD and ${available} USD are available; buy or grant credits, lower max_completion_tokens, or use your own provider key`,
  );
}

function describe(exchange: Exchange): string {
  return exchange.attempts.map(({ provider, model, error }) => `[${provider}:${model}] ${error}`).join('; ');
}

function tooManyAttempts(exchange: Exchange): GatewayError {
  return new GatewayError('ERR_NGROK_3812', `Gave up after ${attemptsMax} failed attempts: ${describe(exchange)}`);
}

function totalTimeout(exchange: Exchange): GatewayError {
  const { total_timeout } = exchange.caller.endpoint.policy.aiGateway;
  return new GatewayError(
    'ERR_NGROK_3810',
    `No answer within total_timeout (${total_timeout / 1000} s): ${describe(exchange)}`,
  );
}

function allFailed(exchange: Exchange): GatewayError {
  const reached = exchange.attempts.some(({ status }) => status > 0);
  const code =
    reached || exchange.attempts.some(({ error }) => error?.startsWith('silent')) ? 'ERR_NGROK_3807' : 'ERR_NGROK_3800';
  return new GatewayError(code, `No provider answered: ${describe(exchange)}`);
}

async function readAll(body: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
}
