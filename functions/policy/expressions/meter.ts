import { EvaluationError } from './expression-error.ts';

/**
 * What one evaluation may cost. A step is about one node of the expression, or two characters of text that a
 * function reads; all of them together take 10 to 50 ms. A plain filter over 500 models takes 5,000.
 */
export const stepsMax = 100_000;

/** The longest text that a function or operator accepts while an expression runs. */
export const textLengthMax = 16_384;

const tooManySteps = `The expression took more than ${stepsMax} steps and was stopped; put one loop inside another less often, or narrow the list first`;

/** Thrown again and again until the evaluation has unwound, so it is made once. */
const outOfSteps = new EvaluationError(tooManySteps);

/** Evaluations are synchronous and never nested, so that one counter serves them all. */
let stepsLeft = 0;
let evaluations = 0;

/**
 * Runs an evaluation with a full allowance. Steps are counted, not timed, so that the same input always ends the same way.
 * `||`, `&&`, `exists` and `all` may swallow the error that ends it; so the counter decides in the end.
 * @throws EvaluationError when the allowance was used up
 */
export function withinSteps<Result>(evaluate: () => Result): Result {
  stepsLeft = stepsMax;
  evaluations++;
  try {
    const result = evaluate();
    if (stepsLeft >= 0) return result;
  } catch (error) {
    if (stepsLeft >= 0) throw error;
  }
  throw new EvaluationError(tooManySteps);
}

/** @throws EvaluationError when fewer steps are left */
export function spend(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw outOfSteps;
}

/** Spends what reading a value to its end costs. @throws EvaluationError when it is too long, or no steps are left */
export function spendReading(value: unknown): void {
  if (typeof value === 'string') {
    if (value.length > textLengthMax) {
      throw new EvaluationError(`A text of ${value.length} characters is too long; ${textLengthMax} is the limit`);
    }
    spend(1 + (value.length >> 1));
  } else if (Array.isArray(value)) {
    spend(1 + value.length);
    for (const item of value) if (typeof item === 'string' || typeof item === 'object') spendReading(item);
  } else if (value instanceof Map) {
    spendReading([...value.entries()]);
  } else if (isPlainObject(value)) {
    spendReading(Object.entries(value));
  } else {
    spend(1);
  }
}

/** A number that is the same for everything within one evaluation. */
export function currentEvaluation(): number {
  return evaluations;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
