import { endOfExpression } from '../expressions/split-template.ts';
import type { Pattern, Replacement } from './pattern.ts';

/** A part of a `to`: text, a group of the pattern, or an expression that is evaluated for each request. */
export type ReplacementPart =
  | { text: string }
  /** `orText` is what stands there when the pattern has no group of that name. */
  | { group: number | string; orText?: string }
  | { expression: string };

/** Names that expressions know: a group that has one of them is reached by its number only. */
const expressionNames = new Set([
  ...['req', 'res', 'conn', 'endpoint', 'time', 'vars', 'actions', 'secrets', 'pii'],
  ...['true', 'false', 'null'],
]);

const expressionsMax = 32;

/**
 * Takes a `to` apart: `$1` and `${1}` are groups, `${name}` is a group unless expressions know that name, `$name` is a
 * group if the pattern has it and text otherwise, `$$` is `$`, and any other `${…}` is an expression. `$1x` is group 1
 * and an `x`; Go's `regexp`, which takes it for a group named `1x` and so for nothing, is not followed there.
 * @see https://pkg.go.dev/regexp#Regexp.Expand
 */
export function parseReplacementText(source: string): { parts: ReplacementPart[] } | { problem: string } {
  const parts: ReplacementPart[] = [];
  const reference = /\$(?:(\$)|(\d+)|(\w+)|(\{))/g;
  let text = '';
  let at = 0;
  const add = (part: ReplacementPart) => {
    if (text !== '') parts.push({ text });
    text = '';
    parts.push(part);
  };
  for (let match = reference.exec(source); match; match = reference.exec(source)) {
    const [written, dollar, digits, name] = match;
    text += source.slice(at, match.index);
    at = reference.lastIndex;
    if (dollar) text += '$';
    else if (digits) add({ group: Number(digits) });
    else if (name) add({ group: name, orText: written });
    else {
      const close = endOfExpression(source, at);
      if (close === undefined) {
        return { problem: `"\${" is never closed by "}"; write "$\${" for the characters themselves` };
      }
      add(inBraces(source.slice(at, close)));
      at = close + 1;
      reference.lastIndex = at;
    }
  }
  text += source.slice(at);
  if (text !== '') parts.push({ text });
  if (parts.filter(part => 'expression' in part).length > expressionsMax) {
    return { problem: `a replacement can hold ${expressionsMax} expressions; split it` };
  }
  return { parts };
}

function inBraces(written: string): ReplacementPart {
  const name = written.trim();
  if (/^\d+$/.test(name)) return { group: Number(name) };
  return /^[A-Za-z_]\w*$/.test(name) && !expressionNames.has(name) ? { group: name } : { expression: written };
}

/** What is wrong with the groups that a `to` names, if anything. Numbers beyond the last group stand for nothing. */
export function groupProblem(parts: readonly ReplacementPart[], pattern: Pattern): string | undefined {
  for (const part of parts) {
    if (!('group' in part) || typeof part.group === 'number' || part.orText !== undefined) continue;
    if (pattern.groupNames.includes(part.group)) continue;
    const names = pattern.groupNames.filter(name => name !== undefined);
    const known = names.length > 0 ? `its groups are ${names.join(', ')}` : 'none of its groups has a name';
    return `"\${${part.group}}" is neither a variable nor a group of the pattern; ${known}`;
  }
  return undefined;
}

/** @param values of the expressions in their order; they are inserted as they are, never read for `$` again */
export function fillReplacement(
  parts: readonly ReplacementPart[],
  pattern: Pattern,
  values: readonly string[],
): Replacement {
  let expressions = 0;
  return parts.map(part => {
    if ('text' in part) return part.text;
    if ('expression' in part) return values[expressions++] ?? '';
    const number = typeof part.group === 'number' ? part.group : pattern.groupNames.indexOf(part.group);
    if (number === -1) return part.orText ?? '';
    return number > pattern.groupCount ? '' : number;
  });
}
