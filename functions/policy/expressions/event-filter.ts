import { registerAbsentValues } from './absent-values.ts';
import { extendBase } from './base-environment.ts';
import { compileExpression } from './compile-expression.ts';
import type { Dialect } from './dialect.ts';
import { EvaluationError, ExpressionError } from './expression-error.ts';
import { celFromJson } from './json-values.ts';
import type { StepBudget } from './meter.ts';
import { quote } from './quote.ts';
import { isSparseResult } from './sparse-access.ts';

/** Says which events a subscription wants. */
export interface EventFilter {
  source: string;
  /**
   * @param budget shared by all filters that see the event
   * @throws EvaluationError when it fails, or gives something else than true or false
   */
  matches(event: object, budget?: StepBudget): boolean;
}

const environment = extendBase([], { mixedLists: true }).registerVariable('ev', 'map<string, dyn>');
registerAbsentValues(environment);

/** What filters are written in: `ev` is the event as it is delivered, and what it does not have is null. */
const eventDialect: Dialect = {
  environment,
  variables: ['ev'],
  types: [],
  functions: [],
  sparse: { fields: new Set(), functions: new Set(), variables: new Set(['ev']) },
};

const sample = "ev.object.provider == 'openai'";

/** @throws ExpressionError */
export function compileEventFilter(source: string): EventFilter {
  if (source.trim() === '') {
    throw new ExpressionError('syntax', `the filter is empty; leave it out, or write one such as ${sample}`);
  }
  const { type, ast, evaluate } = compileExpression(source, eventDialect);
  if (type !== 'bool' && type !== 'dyn') {
    throw new ExpressionError('type', `the filter gives ${type}; it must give true or false (bool), as ${sample} does`);
  }
  const absent = isSparseResult(ast, eventDialect) ? false : undefined;
  return {
    source,
    matches(event, budget) {
      const result = evaluate(new EventVariables(event), budget) ?? absent;
      if (typeof result === 'boolean') return result;
      throw new EvaluationError(`The filter ${quote(source, 200)} gave neither true nor false; compare its value`);
    },
  };
}

class EventVariables {
  readonly #event: object;

  constructor(event: object) {
    this.#event = event;
  }

  get ev(): object {
    return lazily(this.#event, value =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? lazily(value, celFromJson)
        : celFromJson(value),
    );
  }
}

/** Each field is converted when it is read: long logs are in nobody else's way. */
function lazily(values: object, convert: (value: unknown) => unknown): object {
  const fields = Object.entries(values).map(
    ([name, value]) => [name, { enumerable: true, get: () => convert(value) }] as const,
  );
  return Object.defineProperties({}, Object.fromEntries(fields));
}
