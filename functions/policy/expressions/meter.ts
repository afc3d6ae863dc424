import { EvaluationError } from './expression-error.ts';

/**
 * What one evaluation may cost. A step is about one node of the expression, or two characters of text that a
 * function reads; all of them together take 10 to 50 ms. A plain filter over 500 models takes 5,000.
 */
export const stepsMax = 100_000;

/** The longest text that a function or operator accepts while an expression runs. */
export const textLengthMax = 16_384;

/** What all evaluations of one request may cost together: a hundred rules of 32 expressions stay under half a second. */
const requestStepsMax = 1_000_000;

/** What is left of a request's allowance; one is made per request and shared by all its expressions. */
export class StepBudget {
  readonly stepsMax: number;
  stepsLeft: number;

  constructor(steps = requestStepsMax) {
    this.stepsMax = steps;
    this.stepsLeft = steps;
  }
}

const tooManySteps = `The expression took more than ${stepsMax} steps and was stopped; put one loop inside another less often, or narrow the list first`;

/** Thrown again and again until the evaluation has unwound, so it is made once. */
const outOfSteps = new EvaluationError(tooManySteps);

/** Evaluations are synchronous and never nested, so that one counter serves them all. */
let stepsLeft = 0;
let evaluations = 0;

/**
 * Runs an evaluation with a full allowance. Steps are counted, not timed, so that the same input always ends the same way.
 * `||`, `&&`, `exists` and `all` may swallow the error that ends it; so the counter decides in the end.
 * @param budget the request's, which limits the evaluation too and pays for it
 * @throws EvaluationError when the allowance was used up
 */
export function withinSteps<Result>(evaluate: () => Result, budget?: StepBudget): Result {
  const allowed = Math.min(stepsMax, budget?.stepsLeft ?? stepsMax);
  stepsLeft = allowed;
  evaluations++;
  try {
    const result = evaluate();
    if (stepsLeft >= 0) return result;
  } catch (error) {
    if (stepsLeft >= 0) throw error;
  } finally {
    if (budget) budget.stepsLeft -= allowed - Math.max(0, stepsLeft);
  }
  if (!budget || allowed === stepsMax) throw new EvaluationError(tooManySteps);
  throw new EvaluationError(
    `The expressions of this request or event took more than ${budget.stepsMax} steps together and were stopped; use fewer of them, or shorter ones`,
  );
}

/** @throws EvaluationError when fewer steps are left */
export function spend(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw outOfSteps;
}

/** Refuses a text before it is made. @throws EvaluationError */
export function checkTextLength(length: number): void {
  if (length > textLengthMax) {
    throw new EvaluationError(`A text of ${length} characters is too long; ${textLengthMax} is the limit`);
  }
}

/** Spends what reading a value to its end costs. @throws EvaluationError when it is too long, or no steps are left */
export function spendReading(value: unknown): void {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    checkTextLength(value.length);
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
