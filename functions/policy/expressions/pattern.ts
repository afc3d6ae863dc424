import { RE2JS, RE2JSException } from 're2js';
import { spend } from './meter.ts';

/** A regular expression in RE2 syntax, which never takes more than linear time. */
export interface Pattern {
  /** Whether it occurs anywhere in the text. Spends steps. */
  occursIn(text: string): boolean;
}

const lengthMax = 512;

/** Instructions of the compiled pattern: each takes time to make, and each character may meet all of them. */
export const patternSizeMax = 500;

/** @returns the pattern, or in plain words why it cannot be used */
export function compilePattern(source: string): { pattern: Pattern } | { problem: string } {
  if (source.length > lengthMax) {
    return { problem: `a pattern of ${source.length} characters is too long; ${lengthMax} is the limit` };
  }
  const size = patternSize(source);
  if (size > patternSizeMax) {
    return {
      problem: `the pattern "${source}" has ${size} parts with its repetitions written out, and ${patternSizeMax} is the limit; use smaller counts`,
    };
  }
  try {
    return { pattern: new LinearPattern(RE2JS.compile(source), size) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace(/^error parsing regexp: /, '').replaceAll('`', '"');
    return {
      problem: `the pattern "${source}" is not RE2 syntax: ${reason}; RE2 has no look-around and no back-references`,
    };
  }
}

/** Steps for compiling a pattern that is known only while an expression runs. */
export function stepsToCompile(source: string): number {
  return 500 + 20 * Math.min(patternSizeMax, patternSize(source));
}

class LinearPattern implements Pattern {
  private readonly regex: RE2JS;
  private readonly size: number;

  constructor(regex: RE2JS, size: number) {
    this.regex = regex;
    this.size = size;
  }

  occursIn(text: string): boolean {
    spend(4 + ((text.length * this.size) >> 3));
    return this.regex.test(text);
  }
}

/** How long a pattern becomes with its counted repetitions written out. Reads any text; RE2 judges the syntax. */
export function patternSize(source: string): number {
  const token =
    /\\(?:[pP](?:\{[^}]*\}|.)|x\{[^}]*\}|.)|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|./gsu;
  const open: number[] = [];
  let total = 0; // of the group that is open
  let last = 0; // of what a count would repeat
  for (const [text, min, max] of source.matchAll(token)) {
    if (min !== undefined) {
      const times = max === undefined || max === '' ? Number(min) + (max === '' ? 1 : 0) : Number(max);
      total += last * (Math.max(1, times) - 1);
      last *= Math.max(1, times);
    } else if (text === '(') {
      open.push(total);
      total = 0;
      last = 0;
    } else if (text === ')' && open.length > 0) {
      last = total + 1;
      total = (open.pop() as number) + last;
    } else {
      last = 1;
      total += 1;
    }
  }
  return open.reduce((sum, outer) => sum + outer, total);
}
