import assert from 'node:assert/strict';
import { compilePattern, type Pattern } from '../../../functions/policy/patterns/pattern.ts';

export function patternOf(source: string): Pattern {
  const compiled = compilePattern(source);
  assert('pattern' in compiled, `${source}: ${'problem' in compiled && compiled.problem}`);
  return compiled.pattern;
}
