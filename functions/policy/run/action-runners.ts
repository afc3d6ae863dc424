import type { ActionType, ConfigOf } from '../actions.ts';
import { runCustomResponse, runDeny } from './answer-actions.ts';
import { runBasicAuth } from './basic-auth.ts';
import { runAiGateway } from './call-models.ts';
import { runCircuitBreaker } from './circuit-breaker.ts';
import type { ActionRunner, StreamActionRunner } from './compile-rules.ts';
import { runRequestBodyFindReplace, runResponseBodyFindReplace, runSseFindReplace } from './find-replace.ts';
import { runAddHeaders, runRemoveHeaders } from './header-actions.ts';
import { runHttpRequest } from './http-request.ts';
import { runJwtValidation } from './jwt-validation.ts';
import { runRateLimit } from './rate-limit.ts';
import { runRestrictIps } from './restrict-ips.ts';
import { runRedirect, runUrlRewrite } from './url-actions.ts';
import { runLog, runSetVars } from './value-actions.ts';
import { runVerifyWebhook } from './verify-webhook.ts';

/** What each action does. */
export const actionRunners: {
  [Type in ActionType]: Type extends 'sse-find-replace'
    ? StreamActionRunner<ConfigOf<Type>>
    : ActionRunner<ConfigOf<Type>>;
} = {
  'ai-gateway': runAiGateway,
  'request-body-find-replace': runRequestBodyFindReplace,
  'response-body-find-replace': runResponseBodyFindReplace,
  'sse-find-replace': runSseFindReplace,
  'add-headers': runAddHeaders,
  'remove-headers': runRemoveHeaders,
  'custom-response': runCustomResponse,
  deny: runDeny,
  redirect: runRedirect,
  'url-rewrite': runUrlRewrite,
  'set-vars': runSetVars,
  log: runLog,
  'rate-limit': runRateLimit,
  'restrict-ips': runRestrictIps,
  'basic-auth': runBasicAuth,
  'jwt-validation': runJwtValidation,
  'verify-webhook': runVerifyWebhook,
  'http-request': runHttpRequest,
  'circuit-breaker': runCircuitBreaker,
};
