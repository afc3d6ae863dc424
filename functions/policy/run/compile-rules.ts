import { GatewayError } from '../../core/errors.ts';
import type { Phase } from '../action.ts';
import type { ActionType, PolicyAction } from '../actions.ts';
import {
  compileRetryCondition,
  compileRuleExpression,
  compileValueExpression,
  type RetryFacts,
} from '../expressions/compile-rule-expression.ts';
import { EvaluationError } from '../expressions/expression-error.ts';
import { compileTemplate, openTemplateEngine, type Template } from '../expressions/template.ts';
import type { SecretName } from '../expressions/template-scope.ts';
import type { StoredRule } from '../traffic-policy.ts';
import { actionRunners } from './action-runners.ts';
import type { MessageTransform } from './message-transform.ts';
import type { PolicyAnswer, PolicyRun } from './policy-run.ts';

/** What an action does to a run. @returns an answer when it ends the phase with one */
export type RunAction = (run: PolicyRun) => Promise<PolicyAnswer | undefined> | PolicyAnswer | undefined;

/** What an action of `on_event_stream_message` does to a stream; begun once for each. */
export type StreamAction = (run: PolicyRun) => MessageTransform;

/** What compiling an action may use. */
export interface ActionCompiler {
  phase: Phase;
  /** `rate-limit of rule "teams"`, for messages. */
  label: string;
  /** The same for every version of a policy, as long as its place stays: `on_http_request[0].actions[1]`. */
  place: string;
  template(text: string): Template;
  /** An expression without `${}`. */
  value(source: string): (run: PolicyRun) => unknown;
  /** A condition on tries, for `http-request`. */
  retryCondition(source: string): (run: PolicyRun, retry: RetryFacts) => boolean;
}

export type ActionRunner<Config> = (config: Config, compiler: ActionCompiler) => RunAction;
export type StreamActionRunner<Config> = (config: Config, compiler: ActionCompiler) => StreamAction;

export interface CompiledRule<Action> {
  /** Its name, or its place in the policy. */
  label: string;
  /** @throws GatewayError ERR_NGROK_2254: a rule that cannot be decided refuses the request */
  holds(run: PolicyRun): boolean;
  actions: readonly { type: ActionType; run: Action }[];
}

/** The rules of a policy, compiled once for each of its versions. */
export interface CompiledRules {
  request: readonly CompiledRule<RunAction>[];
  response: readonly CompiledRule<RunAction>[];
  message: readonly CompiledRule<StreamAction>[];
  /** Every secret that expressions name. */
  secrets: readonly SecretName[];
}

export async function compileRules(rules: readonly StoredRule[]): Promise<CompiledRules> {
  await openTemplateEngine();
  const secrets: SecretName[] = [];
  const compileAll = <Action>(phase: Phase): CompiledRule<Action>[] =>
    rules
      .filter(rule => rule.phase === phase)
      .map((rule, index) => compileRule<Action>(rule, `${phase}[${index}]`, secrets));
  return {
    request: compileAll('on_http_request'),
    response: compileAll('on_http_response'),
    message: compileAll('on_event_stream_message'),
    secrets,
  };
}

function compileRule<Action>(
  { phase, name, expressions, actions }: StoredRule,
  place: string,
  secrets: SecretName[],
): CompiledRule<Action> {
  const label = name ?? place;
  const conditions = expressions.map(source => {
    const expression = compileRuleExpression(source, phase);
    secrets.push(...(expression.secretsUsed ?? []));
    return expression;
  });
  return {
    label,
    holds(run) {
      const { scope } = run;
      for (const { source, holds } of conditions) {
        try {
          if (!holds(scope)) return false;
        } catch (cause) {
          throw failed(cause, source, label);
        }
      }
      return true;
    },
    actions: actions.map((action, index) => {
      const compiler = createCompiler(phase, action.type, label, `${place}.actions[${index}]`, secrets);
      return { type: action.type, run: runnerOf(action, compiler) as Action };
    }),
  };
}

function createCompiler(
  phase: Phase,
  type: string,
  rule: string,
  place: string,
  secrets: SecretName[],
): ActionCompiler {
  const label = `${type} of rule "${rule}"`;
  return {
    phase,
    label,
    place,
    template(text) {
      const template = compileTemplate(text, phase);
      secrets.push(...(template.secretsUsed ?? []));
      return template;
    },
    value(source) {
      const expression = compileValueExpression(source, phase);
      secrets.push(...(expression.secretsUsed ?? []));
      return run => {
        try {
          return expression.evaluate(run.scope);
        } catch (cause) {
          throw failed(cause, source, rule);
        }
      };
    },
    retryCondition(source) {
      const condition = compileRetryCondition(source, phase);
      secrets.push(...(condition.secretsUsed ?? []));
      return (run, retry) => {
        try {
          return condition.holds(run.scope, retry);
        } catch (cause) {
          throw failed(cause, source, rule);
        }
      };
    },
  };
}

function runnerOf<Type extends ActionType>(
  action: PolicyAction & { type: Type },
  compiler: ActionCompiler,
): RunAction | StreamAction {
  const runner = actionRunners[action.type] as (config: unknown, compiler: ActionCompiler) => RunAction | StreamAction;
  return runner(action.config, compiler);
}

function failed(cause: unknown, source: string, rule: string): unknown {
  if (!(cause instanceof EvaluationError)) return cause;
  const message = `Expression "${source}" of rule "${rule}" failed, so the request is refused: ${cause.message}`;
  return new GatewayError('ERR_NGROK_2254', message, { cause });
}
