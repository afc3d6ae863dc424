import { type ASTNode, EvaluationError as EngineFailure, ParseError, TypeError as TypeProblem } from 'cel-js';
import { callOf, fieldOf, typeOf } from './ast.ts';
import type { Dialect } from './dialect.ts';
import { errorAt } from './error-at.ts';
import { EvaluationError, ExpressionError } from './expression-error.ts';
import { publicName, publicSignature } from './macros/register.ts';
import { suggest } from './near-names.ts';
import { quote } from './quote.ts';

/** Says in plain words why an expression does not compile. */
export function explainProblem(error: unknown, source: string, dialect: Dialect): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof RangeError) return new ExpressionError('too_complex', 'the expression is nested too deeply');
  if (error instanceof ParseError) {
    const place = { input: source, start: error.range?.start ?? 0 };
    if (error.code === 'limit_exceeded') return errorAt('too_complex', overLimit(error.summary), place);
    return errorAt('syntax', explainSyntax(error), place);
  }
  if (error instanceof TypeProblem || error instanceof EngineFailure) {
    const place = { input: source, start: error.range?.start ?? 0 };
    return errorAt('type', explainType(error, dialect), place);
  }
  if (error instanceof Error && error.message.startsWith('Operator overload')) {
    const text = 'an operand has no type, which only elements of an empty list or map have; write a value there';
    return new ExpressionError('type', text);
  }
  throw error;
}

/**
 * Says why an expression failed while it ran. Only what its own text contains is quoted: values may be secrets, so
 * the engine's error does not become the `cause` either.
 */
export function explainFailure(error: unknown, source: string): EvaluationError {
  if (error instanceof EvaluationError) return error;
  if (!(error instanceof EngineFailure)) return new EvaluationError('the expression could not be computed');
  switch (error.code) {
    case 'no_such_key':
    case 'field_type_mismatch': {
      const key = /^No such key: (.*)$/s.exec(error.summary)?.[1];
      return new EvaluationError(key && source.includes(key) ? `No such key: ${key}` : 'No such key');
    }
    case 'index_out_of_bounds':
      return new EvaluationError(`No such element: ${/index -?\d+/.exec(error.summary)?.[0]} is outside the list`);
    case 'bool_conversion_error':
      return new EvaluationError('bool() reads "true" and "false" only');
    case 'numeric_overflow':
      return new EvaluationError('a whole number became bigger than an int can be');
    default:
      return new EvaluationError(error.summary);
  }
}

const limits: Record<string, string> = {
  maxAstNodes: 'the expression has too many parts; split it',
  maxDepth: 'the expression is nested too deeply; split it',
  maxListElements: 'a list has too many elements; split the expression',
  maxMapEntries: 'a map has too many entries; split the expression',
  maxCallArguments: 'a call has too many arguments',
};

function overLimit(summary: string): string {
  return limits[/max\w+/.exec(summary)?.[0] ?? ''] ?? 'the expression is too big; split it';
}

/** The engine's words for what it reads. */
const tokens: Record<string, string> = {
  EOF: 'the end',
  IDENTIFIER: 'a name',
  LPAREN: '"("',
  RPAREN: '")"',
  LBRACKET: '"["',
  RBRACKET: '"]"',
  LBRACE: '"{"',
  RBRACE: '"}"',
  DOT: '"."',
  COMMA: '","',
  COLON: '":"',
  QUESTION: '"?"',
  NUMBER: 'a number',
  STRING: 'a string',
  BYTES: 'bytes',
  BOOLEAN: 'true or false',
  NULL: 'null',
};

function explainSyntax(error: ParseError): string {
  switch (error.code) {
    case 'invalid_macro_argument':
      return 'the first argument must be a name for the element, as in filter(m, m.known)';
    case 'reserved_identifier':
      return `"${/\w+$/.exec(error.summary)?.[0]}" is a reserved word; use another name`;
    default:
      return inLowerCase(error.summary).replace(/\b[A-Z]{2,}\b/g, word => tokens[word] ?? word);
  }
}

function explainType(error: TypeProblem | EngineFailure, dialect: Dialect): string {
  const node = error.node as ASTNode | undefined;
  switch (error.code) {
    case 'no_such_key':
      return (node && missingField(node, dialect)) ?? inLowerCase(error.summary);
    case 'unknown_variable': {
      const name = /: (.*)$/.exec(error.summary)?.[1] ?? '';
      const reason = dialect.explainVariable?.(name);
      if (reason) return reason;
      return `there is no variable ${quote(name)} here; ${suggest(name, dialect.variables)}, and what a loop such as filter(m, …) names`;
    }
    case 'no_such_overload':
      return `"${error.summary.replace('no such overload: ', '')}" cannot be computed; use values of one type, or convert with string(), int() or double()`;
    case 'no_matching_overload':
      return (node && wrongCall(node, dialect)) ?? inLowerCase(error.summary);
    default:
      return inLowerCase(error.summary);
  }
}

function missingField(node: ASTNode, dialect: Dialect): string | undefined {
  const field = fieldOf(node);
  const type = dialect.types.find(({ name }) => name === (field && typeOf(field.of)?.name));
  return (
    field && type && `${type.label} has no field ${quote(field.name)}; ${suggest(field.name, Object.keys(type.fields))}`
  );
}

function wrongCall(node: ASTNode, { environment }: Dialect): string | undefined {
  const call = callOf(node);
  if (!call) return undefined;
  const { functions } = environment.getDefinitions();
  const ways = functions
    .filter(({ name, receiverType }) => name === call.name && (receiverType === null) === (call.receiver === undefined))
    .map(({ signature }) => signature.replace(/: [^:]*$/, '').replaceAll('ast', 'expression'))
    .filter(signature => !/\bnull\b/.test(signature))
    .map(publicSignature);
  const name = publicName(call.name);
  const receiver = call.receiver ? `${typeOf(call.receiver)?.name}.` : '';
  const tried = `${receiver}${name}(${call.args.map(arg => typeOf(arg)?.name).join(', ')})`;
  if (ways.length === 0) return `"${tried}" is not how "${name}" is called`;
  return `"${tried}" is not how "${name}" is called; write ${ways.join(' or ')}`;
}

function inLowerCase(summary: string): string {
  return summary.charAt(0).toLowerCase() + summary.slice(1);
}
