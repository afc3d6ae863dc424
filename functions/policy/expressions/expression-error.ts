/** An expression of a policy that cannot be compiled. The message says what is wrong with it and where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly kind: 'syntax' | 'type' | 'regex' | 'too_complex';

  constructor(kind: ExpressionError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
