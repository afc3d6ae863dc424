import { compilePattern, type Pattern, type Replacement } from './pattern.ts';
import { checkOf } from './pii.ts';
import { fillReplacement, groupProblem, parseReplacementText, type ReplacementPart } from './replacement-text.ts';

/** One find-and-replace, ready to be applied. */
export interface ReplacementRule {
  pattern: Pattern;
  replacement: Replacement;
  /** What a match has to pass besides, such as the check digit of a card number. */
  check?: (match: string) => boolean;
}

/** A rule as a policy has it; its expressions get their values with each request. */
export interface RuleTemplate {
  pattern: Pattern;
  expressions: readonly string[];
  /** @param values of the expressions in their order */
  fill(values: readonly string[]): ReplacementRule;
}

/** @param to missing or empty deletes what is found */
export function compileRule(from: string, to = ''): { rule: RuleTemplate } | { problem: string } {
  const compiled = compilePattern(from);
  if ('problem' in compiled) return compiled;
  const parsed = parseReplacementText(to);
  if ('problem' in parsed) return parsed;
  const { pattern } = compiled;
  const { parts } = parsed;
  const problem = groupProblem(parts, pattern);
  if (problem !== undefined) return { problem };
  const check = checkOf(from);
  const fill = (values: readonly string[]): ReplacementRule => ({
    pattern,
    replacement: fillReplacement(parts, pattern, values),
    ...(check && { check }),
  });
  return { rule: { pattern, expressions: expressionsOf(parts), fill } };
}

function expressionsOf(parts: readonly ReplacementPart[]): string[] {
  return parts.flatMap(part => ('expression' in part ? [part.expression] : []));
}

/** What a policy can read afterwards as the action's `replacements`. */
export interface FoundMatch {
  /** Which of the rules found it, from 0. */
  replacement_index: number;
  matched_content: string;
}

/** Keeps what was replaced, as much of it as anyone will read. */
export class MatchLog {
  static readonly matchesMax = 100;
  static readonly contentLengthMax = 256;
  readonly matches: FoundMatch[] = [];
  /** Of all matches, whether they are kept or not. */
  count = 0;

  add(rule: number, content: string): void {
    this.count++;
    if (this.matches.length === MatchLog.matchesMax) return;
    this.matches.push({ replacement_index: rule, matched_content: content.slice(0, MatchLog.contentLengthMax) });
  }
}

/** Decides about each match of a rule and notes those that are replaced. */
export function matchTest({ check }: ReplacementRule, index: number, log: MatchLog | undefined) {
  return (match: string): boolean => {
    if (check && !check(match)) return false;
    log?.add(index, match);
    return true;
  };
}

/** Applies the rules in their order, each to all of what the one before left. @throws PatternTooCostly */
export function replaceInText(text: string, rules: readonly ReplacementRule[], log?: MatchLog): string {
  return rules.reduce(
    (result, rule, index) => rule.pattern.replaceAll(result, rule.replacement, matchTest(rule, index, log)),
    text,
  );
}

/**
 * Rules act on a body as it is written, and may so break its JSON.
 * @returns the rule after which the text is no longer JSON; undefined when it is in the end, or never was
 */
export function ruleThatBreaksJson(
  text: string,
  rules: readonly ReplacementRule[],
  replaced = replaceInText(text, rules),
): number | undefined {
  if (!isJson(text) || isJson(replaced)) return undefined;
  let result = text;
  const staysJson = rules.map(rule => {
    result = replaceInText(result, [rule]);
    return isJson(result);
  });
  return staysJson.lastIndexOf(true) + 1;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
