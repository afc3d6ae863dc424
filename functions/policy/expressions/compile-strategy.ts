import type { Model } from '../../core/catalog/catalog.ts';
import { type AiModels, ModelView } from './ai-models.ts';
import type { Wrapper } from './cel-type.ts';
import { compileExpression } from './compile-expression.ts';
import { describeValue } from './describe-value.ts';
import type { Dialect } from './dialect.ts';
import { ExpressionError, WrongResultError } from './expression-error.ts';
import { AiKeys, KeyElement, type KeyView, keyDialect } from './key-dialect.ts';
import { modelDialect } from './model-dialect.ts';
import { quote } from './quote.ts';

export type { KeyView } from './key-dialect.ts';

/** A compiled `model_selection.strategy` expression. */
export interface ModelStrategy {
  source: string;
  /**
   * The models it chooses, in its order, each once; a single model counts as a list of one. May be empty.
   * @throws EvaluationError when it fails, WrongResultError when it gives something else than models
   */
  select(ai: AiModels): Model[];
}

/** A compiled `api_key_selection.strategy` expression. */
export interface KeyStrategy {
  source: string;
  /**
   * The keys it chooses, in its order, each once. May be empty.
   * @throws EvaluationError when it fails, WrongResultError when it gives something else than keys
   */
  select(keys: readonly KeyView[], random?: () => number): KeyView[];
}

/** @throws ExpressionError */
export function compileModelStrategy(source: string): ModelStrategy {
  const choose = compileChoice(source, modelDialect, modelChoice);
  return { source, select: ai => unique(choose(ai).map(({ facts }) => facts.model)) };
}

/** @throws ExpressionError */
export function compileKeyStrategy(source: string): KeyStrategy {
  const choose = compileChoice(source, keyDialect, keyChoice);
  return {
    source,
    select: (keys, random = Math.random) => unique(choose(new AiKeys(keys, random)).map(({ key }) => key)),
  };
}

/** What a kind of strategy must give. */
interface Choice<Element> {
  type: string;
  wrapper: Wrapper<Element>;
  /** As messages name it. */
  expected: string;
}

const modelChoice: Choice<ModelView> = {
  type: 'Model',
  wrapper: ModelView,
  expected: 'a model or a list of models, such as ai.models',
};

const keyChoice: Choice<KeyElement> = {
  type: 'Key',
  wrapper: KeyElement,
  expected: 'a key or a list of keys, such as ai.keys',
};

function compileChoice<Element>(source: string, dialect: Dialect, choice: Choice<Element>) {
  const { type, wrapper, expected } = choice;
  if (source.trim() === '') throw new ExpressionError('syntax', `the strategy is empty; write ${expected}`);
  const expression = compileExpression(source, dialect);
  const acceptable = [type, `list<${type}>`, 'list<T>', 'list', 'dyn'];
  if (!acceptable.includes(expression.type)) {
    throw new ExpressionError('type', `the strategy gives ${expression.type}; it must give ${expected}`);
  }
  return (ai: object): Element[] => {
    const result = expression.evaluate({ ai });
    if (result === null) return []; // random() of nothing
    const elements: unknown[] = Array.isArray(result) ? result : [result];
    const isElement = (element: unknown): element is Element => element instanceof wrapper;
    if (elements.every(isElement)) return elements;
    throw new WrongResultError(
      `the strategy ${quote(source, 500)} gave ${describeValue(result, dialect.types)}; it must give ${expected}`,
    );
  };
}

function unique<Item>(items: Item[]): Item[] {
  return [...new Set(items)];
}
