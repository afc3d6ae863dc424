import { parsePattern } from '../patterns/parse-pattern.ts';
import { compilePattern as compileUnmetered, PatternTooCostly, tooBig } from '../patterns/pattern.ts';
import { PatternProblem } from '../patterns/pattern-problem.ts';
import { sizeOf } from '../patterns/syntax-tree.ts';
import { EvaluationError } from './expression-error.ts';
import { spend } from './meter.ts';

/** A regular expression in RE2 syntax as expressions use it: what it does is counted. */
export interface Pattern {
  /** Whether it occurs anywhere in the text. Spends steps. */
  occursIn(text: string): boolean;
}

const lengthMax = 512;

/** Parts of a pattern: each takes time to compile, and each character of a text may meet all of them. */
export const patternSizeMax = 500;

/** @returns the pattern, or in plain words why it cannot be used */
export function compilePattern(source: string): { pattern: Pattern } | { problem: string } {
  if (source.length > lengthMax) {
    return { problem: `a pattern of ${source.length} characters is too long; ${lengthMax} is the limit` };
  }
  const compiled = compileUnmetered(source);
  if ('problem' in compiled) return compiled;
  const { pattern } = compiled;
  if (pattern.size > patternSizeMax) return { problem: tooBig(source, pattern.size, patternSizeMax) };
  const occursIn = (text: string) => {
    spend(4 + ((text.length * pattern.size) >> 3));
    try {
      return pattern.occursIn(text);
    } catch (error) {
      if (error instanceof PatternTooCostly) throw new EvaluationError(error.message);
      throw error;
    }
  };
  return { pattern: { occursIn } };
}

/** Steps for compiling a pattern that is known only while an expression runs. */
export function stepsToCompile(source: string): number {
  return 500 + 20 * Math.min(patternSizeMax, patternSize(source));
}

/** How long a pattern becomes with its counted repetitions written out; 0 when it is none. */
export function patternSize(source: string): number {
  try {
    return source.length > lengthMax ? 0 : sizeOf(parsePattern(source).tree);
  } catch (error) {
    if (error instanceof PatternProblem) return 0;
    throw error;
  }
}
