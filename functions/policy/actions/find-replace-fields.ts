import { z } from 'zod';
import type { CelPart } from '../action.ts';
import { constantText } from '../expressions/constant-text.ts';
import { compilePattern } from '../patterns/pattern.ts';
import { compileRule } from '../patterns/replace.ts';
import { parseReplacementText } from '../patterns/replacement-text.ts';
import { type Path, type PolicyProblem, problem } from '../problems.ts';
import { celText } from './header-fields.ts';

const replacement = z.strictObject({
  from: celText().min(1).describe('RE2 expression, or a named pattern such as `${pii.us_ssn}`. `${…}` parts are CEL.'),
  to: celText()
    .nullish()
    .describe('What takes its place; `$1` and `${name}` are groups, other `${…}` are CEL. None: what is found goes.'),
});

export type Replacement = z.output<typeof replacement>;

export const replacementsField = z
  .array(replacement)
  .min(1)
  .max(100)
  .describe('Applied in order, each to all of what the one before left.');

export function replacementsCel(replacements: readonly Replacement[]): CelPart[] {
  return replacements.flatMap(({ from, to }, index) => fromToCel({ from, to }, ['replacements', index]));
}

export function fromToCel(
  { from, to }: { from?: string | undefined; to?: string | null | undefined },
  path: Path,
): CelPart[] {
  const parsed = parseReplacementText(to ?? '');
  const expressions =
    'problem' in parsed ? [] : parsed.parts.flatMap(part => ('expression' in part ? [part.expression] : []));
  return [
    ...(from === undefined ? [] : [{ path: [...path, 'from'], text: from, kind: 'template' as const }]),
    ...expressions.map(text => ({ path: [...path, 'to'], text: `\${${text}}`, kind: 'template' as const })),
  ];
}

export function checkReplacements(config: Record<string, unknown>, path: Path): PolicyProblem[] {
  const { replacements } = config;
  if (!Array.isArray(replacements)) return [];
  return replacements.flatMap((entry: unknown, index) => checkFromTo(entry, [...path, 'replacements', index]));
}

/** A pattern that only a request tells is checked then. */
export function checkFromTo(entry: unknown, path: Path): PolicyProblem[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { from, to = null } = entry as { from?: unknown; to?: unknown };
  if (typeof from !== 'string' || (to !== null && typeof to !== 'string')) return [];
  const source = constantText(from);
  if (source === undefined) {
    const parsed = parseReplacementText(to ?? '');
    return 'problem' in parsed ? [problem('ERR_NGROK_2204', [...path, 'to'], parsed.problem)] : [];
  }
  const compiled = compilePattern(source);
  if ('problem' in compiled) return [problem('ERR_NGROK_2261', [...path, 'from'], compiled.problem)];
  const rule = compileRule(source, to ?? '');
  return 'problem' in rule ? [problem('ERR_NGROK_2204', [...path, 'to'], rule.problem)] : [];
}
