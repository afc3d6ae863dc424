import { GatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import type { SecretLookup } from '../policy/expressions/template-scope.ts';
import type { CompiledRules } from '../policy/run/compile-rules.ts';
import { isEventStream, transformMessages } from '../policy/run/message-transform.ts';
import { type ModelsAnswer, type PolicyAnswer, type PolicyRun, wholeBody } from '../policy/run/policy-run.ts';
import { messageTransforms, runPhase } from '../policy/run/run-phase.ts';
import { surfaceAt } from '../providers/surfaces.ts';
import type { CompiledAiGateway } from '../routing/compile-policy.ts';
import { foreignCredential } from './authenticate.ts';
import { type BegunRequest, callModels, type ModelsResponse, type ProvenRequest } from './call-models.ts';
import { errorAnswer } from './error-response.ts';
import { type Gateway, type GatewayResponse, nothingRecorded, type RequestEnd } from './gateway.ts';
import { AnswerCut } from './open-answer.ts';
import { readSecrets } from './secret-scope.ts';
import { startRun } from './start-run.ts';
import { UnreadBody } from './unread-body.ts';

interface CalledModels {
  response: ModelsResponse;
  body: UnreadBody;
  requestId: string;
}

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
  begun: ProvenRequest,
  { rules, aiGateways }: RulesPolicy,
  gateway: Gateway,
): Promise<GatewayResponse> {
  const { requestId, caller } = begun;
  const known = await readSecrets(caller.endpoint.accountId, rules.secrets, gateway.accountSecrets);
  /** Whatever was used and must not be shown. */
  const credentials = new Set<string>();
  /** The last call of models, which is the one that counts. */
  let last: CalledModels | undefined;

  const answerWithModels = async (config: AiGatewayConfig, run: PolicyRun): Promise<ModelsAnswer> => {
    const aiGateway = aiGateways.get(config);
    if (!aiGateway) throw new Error('an ai-gateway action was not compiled with its policy');
    const earlierAttempts = last ? await last.response.passOver() : [];
    // Holds are named after requests, and what belonged to one must never settle another.
    const id = last ? newId('rq', gateway.now(), gateway.randomBytes) : requestId;
    const response = await callModels({ ...asChanged(begun, run), requestId: id, earlierAttempts }, aiGateway, gateway);
    const body = new UnreadBody(response.body);
    last = { response, body, requestId: id };
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
  const wasStream = isEventStream(run.answer); // whatever rules make of its headers
  try {
    const replaced = await runPhase(rules.response, run);
    const isStream = isEventStream(replaced ?? run.answer) || (wasStream && !replaced);
    run.answer = replaced ?? run.answer;
    if (isStream) {
      let { body } = run.answer;
      for (const transform of messageTransforms(rules.message, run)) body = transformMessages(body, transform);
      run.answer = { ...run.answer, body: endWithError(body, run.request.path) };
    }
  } catch (error) {
    run.answer = answerError(error);
  }
  const { status, headers, body } = run.answer as PolicyAnswer;
  const models = last as CalledModels | undefined; // assigned while rules ran
  return {
    status,
    headers: { ...headers, 'ngrok-aig-request-id': models?.requestId ?? requestId },
    body,
    finish: async () => {
      const [end, ...others] = await Promise.allSettled([
        models ? finishModels(models, gateway) : nothingRecorded,
        ...run.atEnd.map(end => end(status)),
      ]);
      for (const result of [end, ...others]) {
        if (result.status === 'rejected') gateway.report(`the end of ${requestId} failed`, result.reason);
      }
      const { record, credentials: used } = end.status === 'fulfilled' ? end.value : nothingRecorded;
      return { record, credentials: [...credentials, ...used] };
    },
  };
}

/** What models said is paid for, so it is read to its end even when a rule has answered otherwise. */
async function finishModels({ response, body }: CalledModels, gateway: Gateway): Promise<RequestEnd> {
  try {
    await body.readToEnd();
  } catch (error) {
    if (!(error instanceof AnswerCut)) gateway.report('an answer broke off behind the rules', error);
  }
  return response.finish();
}

/** The request as rules have left it. A credential that they removed or replaced is what they made of it. */
function asChanged(begun: ProvenRequest, run: PolicyRun): Omit<BegunRequest, 'earlierAttempts'> {
  const { method, path, query, headers, body } = run.request;
  const request = { ...begun.request, method, path, query, headers, body, addedHeaders: run.addedHeaders };
  const caller = { ...begun.caller, path, clientCredential: foreignCredential(headers) };
  return { ...begun, request, caller, facts: () => run.facts, rules: run };
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

function noRuleAnswered({ caller, request }: ProvenRequest): GatewayError {
  const message = `No rule of endpoint "${caller.endpoint.slug}" answers ${request.method} ${caller.path}; its policy needs an action such as ai-gateway or custom-response for it`;
  return new GatewayError('no_rule_answered', message);
}
