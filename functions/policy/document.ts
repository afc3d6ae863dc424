import { z } from 'zod';
import { type CelPart, type Phase, phases } from './action.ts';
import { actionDefinition, actionTypes, type PolicyAction, unsupportedActions } from './actions.ts';
import { aiGatewaySchema } from './ai-gateway-config.ts';
import {
  type ExpressionMistake,
  retryConditionMistake,
  ruleExpressionMistake,
  templateMistake,
  valueExpressionMistake,
} from './check-expressions.ts';
import type { PolicyContext } from './check-providers.ts';
import { text } from './config-fields.ts';
import { policyLimits } from './limits.ts';
import { nearestName } from './nearest-name.ts';
import { listed, type Path, type PolicyProblem, problem, show, unknownField } from './problems.ts';
import { parseWith } from './schema-problems.ts';

/** A rule, checked: its actions run in order when all its expressions hold. */
export interface PolicyRule {
  phase: Phase;
  path: Path;
  name: string | undefined;
  expressions: string[];
  actions: (PolicyAction & { path: Path })[];
}

export const ruleFields = {
  name: text(policyLimits.nameLengthMax).optional().describe('What the rule is for, for people and logs.'),
  expressions: z
    .array(text(policyLimits.expressionLengthMax))
    .optional()
    .describe('CEL expressions; the actions run when all of them are true. None: always.'),
};

/** Both ways to write a rule; their actions are checked one by one. */
const longRule = z.strictObject({ ...ruleFields, actions: z.unknown().optional() });
const shortRule = z.strictObject({ ...ruleFields, type: z.unknown().optional(), config: z.unknown().optional() });

interface Reading {
  context: PolicyContext;
  problems: PolicyProblem[];
}

/** @returns the rules of all phases in the order of the document, or everything that is wrong with it */
export function readRules(
  document: unknown,
  context: PolicyContext,
): { rules: PolicyRule[] } | { problems: PolicyProblem[] } {
  if (!isMap(document)) {
    const message = `a policy is a map of phases, not ${show(document)}; begin it with "on_http_request:"`;
    return { problems: [problem('ERR_NGROK_2204', [], message)] };
  }
  const reading: Reading = { context, problems: [] };
  const written = phases.reduce((sum, phase) => sum + (Array.isArray(document[phase]) ? document[phase].length : 0), 0);
  if (written > policyLimits.rulesMax) {
    const message = `the policy has ${written} rules; ${policyLimits.rulesMax} is the most`;
    reading.problems.push(problem('ERR_NGROK_2264', [], message));
  }
  const rules = Object.entries(document).flatMap(([field, list]) => readPhase(field, list, reading));
  for (const phase of phases) reading.problems.push(...unreachableActions(rules.filter(rule => rule.phase === phase)));
  return reading.problems.length > 0 ? { problems: reading.problems } : { rules };
}

function readPhase(field: string, list: unknown, reading: Reading): PolicyRule[] {
  const phase = phases.find(name => name === field);
  if (!phase) {
    reading.problems.push(notAPhase(field));
    return [];
  }
  if (!Array.isArray(list)) {
    const message = `${show(list)} is not a list of rules; begin each rule with "- actions:"`;
    reading.problems.push(problem(list === null ? 'ERR_NGROK_2223' : 'ERR_NGROK_2204', [phase], message));
    return [];
  }
  return list.flatMap((rule: unknown, index) => readRule(rule, phase, [phase, index], reading));
}

function notAPhase(field: string): PolicyProblem {
  if (field === 'on_tcp_connect') {
    const message = 'endpoints here speak HTTP, and what happens before a request is not seen; use on_http_request';
    return problem('ERR_NGROK_2205', [field], message);
  }
  if (Object.hasOwn(aiGatewaySchema.shape, field)) {
    const message = `"${field}" belongs to an ai-gateway action; put it under on_http_request, actions, config`;
    return problem('ERR_NGROK_2203', [field], message);
  }
  return unknownField([], field, phases);
}

function readRule(rule: unknown, phase: Phase, path: Path, reading: Reading): PolicyRule[] {
  if (!isMap(rule)) {
    const message = `${show(rule)} is not a rule; write "- actions:" with a list of actions`;
    reading.problems.push(problem('ERR_NGROK_2204', path, message));
    return [];
  }
  const isShort = !Object.hasOwn(rule, 'actions') && (Object.hasOwn(rule, 'type') || Object.hasOwn(rule, 'config'));
  const parsed = isShort ? parseWith(shortRule, rule, path) : parseWith(longRule, rule, path);
  if ('problems' in parsed) reading.problems.push(...parsed.problems);
  const actions = isShort
    ? readAction({ type: rule.type, config: rule.config }, phase, path, reading)
    : readActions(rule.actions, phase, [...path, 'actions'], reading);
  if ('problems' in parsed) return [];
  const { name, expressions = [] } = parsed.value;
  checkCount(expressions, policyLimits.expressionsPerRuleMax, [...path, 'expressions'], reading);
  for (const [index, expression] of expressions.slice(0, policyLimits.expressionsPerRuleMax).entries()) {
    const mistake = ruleExpressionMistake(expression, phase);
    if (mistake) reading.problems.push(problem(mistake.code, [...path, 'expressions', index], mistake.message));
  }
  return [{ phase, path, name, expressions, actions }];
}

function readActions(list: unknown, phase: Phase, path: Path, reading: Reading): PolicyRule['actions'] {
  const remedy = 'write actions: with a list, such as "- type: ai-gateway"';
  if (list === undefined || list === null || (Array.isArray(list) && list.length === 0)) {
    reading.problems.push(problem('ERR_NGROK_2206', path, `the rule has no actions; ${remedy}`));
    return [];
  }
  if (!Array.isArray(list)) {
    reading.problems.push(problem('ERR_NGROK_2204', path, `${show(list)} is not a list of actions; ${remedy}`));
    return [];
  }
  checkCount(list, policyLimits.actionsPerRuleMax, path, reading);
  return list.flatMap((action: unknown, index) => readAction(action, phase, [...path, index], reading));
}

function checkCount(list: unknown[], max: number, path: Path, reading: Reading): void {
  if (list.length <= max) return;
  reading.problems.push(problem('ERR_NGROK_2265', path, `has ${list.length} entries; ${max} is the most in a rule`));
}

function readAction(action: unknown, phase: Phase, path: Path, reading: Reading): PolicyRule['actions'] {
  if (!isMap(action)) {
    const message = `${show(action)} is not an action; write "- type: ai-gateway" with its config`;
    reading.problems.push(problem('ERR_NGROK_2204', path, message));
    return [];
  }
  for (const field of Object.keys(action)) {
    if (field !== 'type' && field !== 'config') reading.problems.push(unknownField(path, field, ['type', 'config']));
  }
  const definition = readType(action.type, phase, [...path, 'type'], reading);
  if (!definition) return [];
  const configPath = [...path, 'config'];
  const config = action.config ?? {};
  const parsed = parseWith(definition.config, config, configPath);
  if ('problems' in parsed) reading.problems.push(...parsed.problems);
  if (isMap(config)) reading.problems.push(...(definition.check?.(config, configPath, reading.context) ?? []));
  if ('problems' in parsed) return [];
  for (const part of definition.cel?.(parsed.value) ?? []) {
    const mistake = celMistake(part, phase);
    if (mistake) reading.problems.push(problem(mistake.code, [...configPath, ...part.path], mistake.message));
  }
  return [{ type: definition.type, path, config: parsed.value } as PolicyRule['actions'][number]];
}

function celMistake({ text, kind, isSecret = false }: CelPart, phase: Phase): ExpressionMistake | undefined {
  switch (kind) {
    case 'template':
      return templateMistake(text, isSecret, phase);
    case 'value':
      return valueExpressionMistake(text, phase);
    case 'retry':
      return retryConditionMistake(text, phase);
  }
}

function readType(type: unknown, phase: Phase, path: Path, reading: Reading) {
  const supported = actionTypes.join(', ');
  if (typeof type !== 'string') {
    const isMissing = type === undefined || type === null;
    const found = isMissing ? 'an action needs a type' : `${show(type)} is not the type of an action`;
    const code = isMissing ? 'ERR_NGROK_2234' : 'ERR_NGROK_2204';
    reading.problems.push(problem(code, path, `${found}; supported: ${supported}`));
    return undefined;
  }
  const definition = actionDefinition(type);
  const reason = unsupportedActions.get(type);
  if (reason !== undefined) {
    reading.problems.push(problem('ERR_NGROK_2201', path, `action ${show(type)} is not supported: ${reason}`));
    return undefined;
  }
  if (!definition) {
    const nearest = nearestName(type, actionTypes);
    const hint = nearest ? `; did you mean "${nearest}"?` : '';
    reading.problems.push(
      problem('ERR_NGROK_2201', path, `action ${show(type)} is not supported; supported: ${supported}${hint}`),
    );
    return undefined;
  }
  if (!definition.phases.includes(phase)) {
    const message = `action "${type}" does not run in ${phase}; move it to ${listed(definition.phases)}`;
    reading.problems.push(problem('ERR_NGROK_2202', path, message));
    return undefined;
  }
  return definition;
}

/** @param rules of one phase: what follows an action that always runs and ends the phase can never run */
function unreachableActions(rules: PolicyRule[]): PolicyProblem[] {
  const actions = rules.flatMap(rule =>
    rule.actions.map(action => ({ ...action, isAlways: !rule.expressions.length })),
  );
  const last = actions.findIndex(
    ({ type, config, isAlways }) => isAlways && actionDefinition(type)?.endsPhase?.(config) === true,
  );
  return actions.slice(last === -1 ? actions.length : last + 1).map(({ type, path }) => {
    const message = `action "${type}" is never reached, because the one before it always answers; remove one of them`;
    return problem('ERR_NGROK_2207', path, message);
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
