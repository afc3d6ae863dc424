import type { AiGatewayConfig } from '../ai-gateway-config.ts';
import type { ActionRunner } from './compile-rules.ts';

/** Answers with what models say; with `on_error: continue` an error lets the next action run. */
export const runAiGateway: ActionRunner<AiGatewayConfig> = config => async run => {
  const answer = await run.services.callModels(config, run);
  Object.defineProperty(run.results, 'ai_gateway', { configurable: true, enumerable: true, get: answer.result });
  if (!answer.isError || config.on_error === 'halt') return answer;
  run.passedOver = answer;
  return undefined;
};
