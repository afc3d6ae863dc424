import { GatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { wholeBody } from '../policy/run/policy-run.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import { answerByRules } from './answer-by-rules.ts';
import { authenticate } from './authenticate.ts';
import { callModels } from './call-models.ts';
import { errorAnswer } from './error-response.ts';
import { type Gateway, type GatewayRequest, type GatewayResponse, nothingRecorded } from './gateway.ts';
import { type ObservedRequest, observe } from './observe-request.ts';
import { readFacts } from './start-run.ts';

const withoutRules = { rules: undefined, earlierAttempts: [] };

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
    checkHost(request.headers.host);
    const caller = await authenticate(request, gateway);
    observed.caller = caller;
    const { policy } = caller.endpoint;
    const begun = { requestId, startedAtMs, request, caller };
    if (policy.rules) return await answerByRules(begun, policy, gateway);
    return await callModels(
      { ...begun, facts: () => readFacts(begun, gateway), ...withoutRules },
      policy.aiGateway,
      gateway,
    );
  } catch (error) {
    return refused(error, request, requestId, gateway);
  }
}

/** What is no host could be taken for a part of the path by whoever reads the URL. @throws GatewayError 400 */
function checkHost(host: string | undefined): void {
  if (host === undefined || (/^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`))) return;
  throw new GatewayError(
    'host_not_valid',
    'The header "host" is neither a name nor an address, with a port or without',
  );
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
