import { GatewayError } from '../../core/errors.ts';
import {
  type FoundMatch,
  MatchLog,
  type ReplacementRule,
  replaceInText,
  ruleThatBreaksJson,
} from '../patterns/replace.ts';
import { withinCost } from './compile-replacement.ts';
import type { ActionCompiler } from './compile-rules.ts';

/** @throws GatewayError policy_broke_body, naming the replacement that made JSON to something else */
export function replaceInBody(
  text: string,
  rules: readonly ReplacementRule[],
  compiler: Pick<ActionCompiler, 'label'>,
  mayBeJson = true,
): { text: string; matches: FoundMatch[] } {
  const log = new MatchLog();
  const replaced = withinCost(compiler, () => replaceInText(text, rules, log));
  const culprit =
    log.count === 0 || !mayBeJson ? undefined : withinCost(compiler, () => ruleThatBreaksJson(text, rules));
  if (culprit !== undefined) {
    const message = `The body is no JSON any more after replacements[${culprit}] of ${compiler.label}; let it leave quotes, braces and backslashes as they are`;
    throw new GatewayError('policy_broke_body', message);
  }
  return { text: replaced, matches: log.matches };
}
