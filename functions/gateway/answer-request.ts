import { GatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { wholeBody } from '../policy/run/policy-run.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import { authenticate } from './authenticate.ts';
import { callModels } from './call-models.ts';
import { errorAnswer } from './error-response.ts';
import { type Gateway, type GatewayRequest, type GatewayResponse, nothingRecorded } from './gateway.ts';
import { type ObservedRequest, observe } from './observe-request.ts';
import { readFacts } from './start-run.ts';

/** As large as an event that Lambda accepts. */
const bodyBytesMax = 6 * 1024 * 1024;

/** Answers one request. Never throws: whatever goes wrong becomes an answer. */
export async function answerRequest(request: GatewayRequest, gateway: Gateway): Promise<GatewayResponse> {
  const startedAtMs = gateway.now();
  const requestId = newId('rq', startedAtMs, gateway.randomBytes);
  const observed: ObservedRequest = { requestId, startedAtMs, request, caller: undefined };
  return observe(await answer(observed, gateway), observed, gateway);
}

async function answer(observed: ObservedRequest, gateway: Gateway): Promise<GatewayResponse> {
  const { requestId, startedAtMs, request } = observed;
  try {
    if (request.body.length > bodyBytesMax) {
      throw new GatewayError(
        'request_too_large',
        `The body has ${request.body.length} bytes; at most ${bodyBytesMax} are accepted`,
      );
    }
    const caller = await authenticate(request, gateway);
    observed.caller = caller;
    const { policy } = caller.endpoint;
    if (policy.rules) {
      const { answerByRules } = await import('./answer-by-rules.ts');
      return await answerByRules({ requestId, startedAtMs, request, caller }, policy, gateway);
    }
    const begun = { requestId, startedAtMs, request, caller };
    return await callModels({ ...begun, facts: () => readFacts(begun, gateway) }, policy.aiGateway, gateway);
  } catch (error) {
    return refused(error, request, requestId, gateway);
  }
}

function refused(error: unknown, request: GatewayRequest, requestId: string, gateway: Gateway): GatewayResponse {
  const format = surfaceAt(request.path.replace(/^\/e\/[^/]+/, ''))?.format ?? 'openai';
  const { status, headers, body } = errorAnswer(error, format, requestId, gateway);
  return {
    status,
    headers: { ...headers, 'ngrok-aig-request-id': requestId },
    body: wholeBody(body),
    finish: async () => nothingRecorded,
  };
}
