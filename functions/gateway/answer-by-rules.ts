import { GatewayError } from '../core/errors.ts';
import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import type { SecretLookup } from '../policy/expressions/template-scope.ts';
import type { CompiledRules } from '../policy/run/compile-rules.ts';
import { isEventStream, transformMessages } from '../policy/run/message-transform.ts';
import { type ModelsAnswer, type PolicyAnswer, type PolicyRun, wholeBody } from '../policy/run/policy-run.ts';
import { messageTransforms, runPhase } from '../policy/run/run-phase.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import type { CompiledAiGateway } from '../routing/compile-policy.ts';
import { foreignCredential } from './authenticate.ts';
import { type BegunRequest, callModels } from './call-models.ts';
import { errorAnswer } from './error-response.ts';
import type { Gateway, GatewayResponse, RequestEnd } from './gateway.ts';
import { readSecrets } from './secret-scope.ts';
import { startRun } from './start-run.ts';
import { UnreadBody } from './unread-body.ts';

/** What a policy with rules compiles to. */
export interface RulesPolicy {
  rules: CompiledRules;
  aiGateways: ReadonlyMap<AiGatewayConfig, CompiledAiGateway>;
}

/**
 * Answers a request as the rules of its policy say: those for requests until one answers, then those for responses, then
 * those for the messages of a stream. An error is an answer too, and passes through the rules for responses.
 * @throws what reading secrets throws; all else becomes an answer
 */
export async function answerByRules(
  begun: Omit<BegunRequest, 'facts'>,
  { rules, aiGateways }: RulesPolicy,
  gateway: Gateway,
): Promise<GatewayResponse> {
  const { requestId, caller } = begun;
  const known = await readSecrets(caller.endpoint.accountId, rules.secrets, gateway.accountSecrets);
  /** What to do when the answer is out. */
  const endings: (() => Promise<void>)[] = [];
  let record: RequestEnd['record'];
  const credentials = new Set<string>();

  const answerWithModels = async (config: AiGatewayConfig, run: PolicyRun): Promise<ModelsAnswer> => {
    const aiGateway = aiGateways.get(config);
    if (!aiGateway) throw new Error('an ai-gateway action was not compiled with its policy');
    const response = await callModels(asChanged(begun, run), aiGateway, gateway);
    const body = new UnreadBody(response.body);
    // What models said is paid for, so it is read to its end even when a rule answers otherwise.
    endings.push(async () => {
      await body.readToEnd();
      const end = await response.finish();
      record = end.record ?? record;
      for (const credential of end.credentials) credentials.add(credential);
    });
    return { ...response, body };
  };
  const secrets: SecretLookup = {
    get(vault, name) {
      const value = known.get(vault, name);
      if (value !== undefined) credentials.add(value);
      return value;
    },
  };
  const run = startRun(begun, secrets, answerWithModels, gateway);
  const answerError = (error: unknown): PolicyAnswer => {
    const format = surfaceAt(run.request.path)?.format ?? 'openai';
    const { status, headers, body } = errorAnswer(error, format, requestId, gateway);
    return { status, headers, body: wholeBody(body) };
  };

  try {
    run.answer = (await runPhase(rules.request, run)) ?? run.passedOver;
    if (!run.answer) throw noRuleAnswered(begun);
  } catch (error) {
    run.answer = answerError(error);
  }
  try {
    run.answer = (await runPhase(rules.response, run)) ?? run.answer;
    if (rules.message.length > 0 && isEventStream(run.answer)) {
      let { body } = run.answer;
      for (const transform of messageTransforms(rules.message, run)) body = transformMessages(body, transform);
      run.answer = { ...run.answer, body: endWithError(body, run.request.path) };
    }
  } catch (error) {
    run.answer = answerError(error);
  }
  const { status, headers, body } = run.answer as PolicyAnswer;
  return {
    status,
    headers: { ...headers, 'ngrok-aig-request-id': requestId },
    body,
    finish: async () => {
      const results = await Promise.allSettled(
        [...endings, ...run.atEnd.map(end => () => end(status))].map(end => end()),
      );
      for (const result of results) {
        if (result.status === 'rejected') gateway.report(`the end of ${requestId} failed`, result.reason);
      }
      return { record, credentials: [...credentials] };
    },
  };
}

/** The request as rules have left it. A credential that they removed or replaced is what they made of it. */
function asChanged(begun: Omit<BegunRequest, 'facts'>, run: PolicyRun): BegunRequest {
  const { method, path, query, headers, body } = run.request;
  const request = { ...begun.request, method, path, query, headers, body, addedHeaders: run.addedHeaders };
  const caller = { ...begun.caller, path, clientCredential: foreignCredential(headers) };
  return { ...begun, request, caller, facts: () => run.facts };
}

/** A rule that fails in the middle of a stream ends it with an error, and without its terminator. */
async function* endWithError(body: AsyncIterable<string | Buffer>, path: string): AsyncGenerator<string | Buffer> {
  try {
    yield* body;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const surface = surfaceAt(path);
    if (!surface) throw error;
    yield surface.errorEvent(error.type, error.message, 0);
  }
}

function noRuleAnswered({ caller, request }: Omit<BegunRequest, 'facts'>): GatewayError {
  const message = `No rule of endpoint "${caller.endpoint.slug}" answers ${request.method} ${caller.path}; its policy needs an action such as ai-gateway or custom-response for it`;
  return new GatewayError('no_rule_answered', message);
}
