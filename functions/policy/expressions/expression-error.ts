export type ExpressionErrorKind = 'syntax' | 'type' | 'regex' | 'too_complex';

/** An expression that cannot be used. The message says in plain words what is wrong, where, and what to write instead. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly kind: ExpressionErrorKind;

  constructor(kind: ExpressionErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** An expression that failed while it ran. The message never holds a value that is not in the expression's own text. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}

/** An expression that gave something of another type than its place needs. */
export class WrongResultError extends Error {
  override readonly name = 'WrongResultError';
}
