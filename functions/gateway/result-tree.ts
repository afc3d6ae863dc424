import { trimToken } from '../core/credential.ts';
import { candidateName } from '../routing/endpoint-catalog.ts';
import { keyId } from '../routing/provider-keys.ts';
import type { Attempt, Exchange } from './exchange.ts';
import type { Gateway, GatewayRequest } from './gateway.ts';

/** Headers that carry credentials; their values are shown trimmed. */
const credentialHeaders = new Set(['authorization', 'x-api-key', 'cookie', 'proxy-authorization']);

/**
 * What a request did, as policies read it in `actions.ngrok.ai_gateway`: the client's wishes, what strategies chose, every
 * model that was tried with every key, and the error, if any. Keys are trimmed; bodies are not in it, but for the
 * beginning of a provider's error.
 */
export function resultTree(
  request: GatewayRequest,
  exchange: Exchange,
  error: { code: string; message: string } | undefined,
  gateway: Pick<Gateway, 'now' | 'countTokens'>,
): object {
  const { call, resolution, dropped, startedAtMs, sentAtMs, served } = exchange;
  const [first] = resolution.candidates;
  const tried = modelsTried(exchange);
  return {
    status: error ? 'error' : 'success',
    ...(error && { error: { code: error.code, message: error.message } }),
    client: {
      method: request.method,
      path: request.path,
      user_agent: request.headers['user-agent'] ?? '',
      request_headers: Object.fromEntries(Object.entries(request.headers).map(trimHeader)),
      model: typeof call.body.model === 'string' ? call.body.model : null,
      models: Array.isArray(call.body.models) ? call.body.models : [],
      api_key_hash: trimToken(credentialOf(request)),
      rejected_models: [...resolution.rejected, ...dropped],
    },
    input_ngrok_tokens: first ? gateway.countTokens(first.model.id, call.surface.promptTexts(call.body).join('\n')) : 0,
    output_ngrok_tokens: served
      ? exchange.relayedText.countTokens(text => gateway.countTokens(served.candidate.model.id, text))
      : 0,
    gateway_latency_ms: (sentAtMs ?? gateway.now()) - startedAtMs,
    ...(resolution.selections.length > 0 && { model_selection: resolution.selections.map(toSelection) }),
    models_tried: tried,
    ...(served && {
      success: {
        model_index: tried.length - 1,
        request_index: (tried.at(-1)?.requests_made.length ?? 1) - 1,
        model: served.candidate.model.id,
        provider: served.candidate.provider.id,
        author: served.candidate.model.authorId,
      },
    }),
  };
}

function toSelection({ strategy, error, returned, toTry }: Exchange['resolution']['selections'][number]) {
  return {
    strategy,
    error: error ?? null,
    candidates_returned: returned,
    candidates_after_allowed_filter: returned, // strategies only see what is allowed
    candidates_after_client_filter: toTry,
    models_to_try: toTry,
  };
}

/** Attempts in order, those with the same model together. */
function modelsTried({ attempts, resolution, served, usage }: Exchange) {
  const authors = new Map(resolution.candidates.map(candidate => [candidateName(candidate), candidate.model.authorId]));
  const groups: { name: string; attempts: Attempt[] }[] = [];
  for (const attempt of attempts) {
    const name = `${attempt.record.provider}:${attempt.record.model}`;
    const group = groups.at(-1);
    if (group?.name === name) group.attempts.push(attempt);
    else groups.push({ name, attempts: [attempt] });
  }
  return groups.map(({ name, attempts: made }) => {
    const [{ record, keySelections, key }] = made as [Attempt];
    return {
      model: record.model,
      provider: record.provider,
      author: authors.get(name) ?? null,
      api_key_selection:
        keySelections.length > 0
          ? keySelections.map(({ strategy, error, toTry }) => ({ strategy, error: error ?? null, keys_to_try: toTry }))
          : [{ strategy: 'ai.keys', error: null, keys_to_try: key.source === 'none' ? [] : [keyId(key.value)] }],
      requests_made: made.map(attempt => {
        const isServed = served !== undefined && attempt === attempts.at(-1);
        return {
          status: attempt.record.failure ? 'error' : 'success',
          error: attempt.record.error ?? null,
          upstream_input_tokens: isServed ? (usage?.inputTokens ?? null) : null,
          upstream_output_tokens: isServed ? (usage?.outputTokens ?? null) : null,
          request: { url: attempt.url, api_key: trimToken(attempt.key.value) },
          response: {
            status_code: attempt.record.status,
            headers: attempt.responseHeaders,
            body_on_error: attempt.errorBody ?? null,
          },
          upstream_latency: {
            time_to_first_byte_ms: attempt.record.headersMs ?? null,
            total_ms: attempt.record.totalMs,
          },
        };
      }),
    };
  });
}

function trimHeader([name, value]: [string, string | undefined]): [string, string] {
  return [name, credentialHeaders.has(name) ? trimToken(value ?? '') : (value ?? '')];
}

function credentialOf({ headers }: GatewayRequest): string {
  return headers['x-api-key'] ?? (headers.authorization ?? '').replace(/^Bearer\s+/i, '');
}
