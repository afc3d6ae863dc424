import type { ASTNode } from 'cel-js';
import { callOf, childrenOf } from './ast.ts';
import { extendBase } from './base-environment.ts';
import type { CelType } from './cel-type.ts';
import { compileExpression } from './compile-expression.ts';
import type { Dialect } from './dialect.ts';
import { EvaluationError } from './expression-error.ts';
import { defaultVault, lookUp, type SecretLookup, type SecretName, type TemplateExpression } from './template-scope.ts';

/** The variable `secrets` of one expression. */
class Secrets {
  private readonly lookup: SecretLookup;
  private readonly source: string;

  constructor(lookup: SecretLookup, source: string) {
    this.lookup = lookup;
    this.source = source;
  }

  /** Only names that stand in the expression are shown when missing: others may be made of secrets. */
  get(vault: string, name: string): string {
    const isWritten = (part: string) => part === defaultVault || this.source.includes(part);
    if (isWritten(vault) && isWritten(name)) return lookUp(this.lookup, { vault, name });
    const value = this.lookup.get(vault, name);
    if (value === undefined) throw new EvaluationError('There is no secret of the name that secrets.get was given');
    return value;
  }
}

const types: readonly CelType[] = [{ name: 'Secrets', label: 'secrets', wrapper: Secrets, fields: {} }];

const environment = extendBase(types, { mixedLists: true }).registerVariable('secrets', 'Secrets');
const getNamed = (secrets: Secrets, vault: string, name: string) => secrets.get(vault, name);
const getDefault = (secrets: Secrets, name: string) => secrets.get(defaultVault, name);
environment.registerFunction('Secrets.get(string, string): string', getNamed, { async: false });
environment.registerFunction('Secrets.get(string): string', getDefault, { async: false });

/** What `${…}` is written in. Its variables are those of `TemplateScope`. */
const templateDialect: Dialect = { environment, variables: ['secrets'], types, functions: ['get'] };

/** @throws ExpressionError */
export function compileTemplateExpression(source: string): TemplateExpression {
  const expression = compileExpression(source, templateDialect);
  return {
    secretsUsed: secretsOf(expression.ast),
    evaluate: scope => toJsonValue(expression.evaluate({ secrets: new Secrets(scope.secrets, source) })),
  };
}

/** Undefined unless every use of `secrets` is a `get` of names in quotes. */
function secretsOf(node: ASTNode): SecretName[] | undefined {
  const call = callOf(node);
  if (call?.name === 'get' && call.receiver?.op === 'id' && call.receiver.args === 'secrets') {
    const names = call.args.map(arg => (arg.op === 'value' && typeof arg.args === 'string' ? arg.args : undefined));
    const [vault, name] = names.length === 1 ? [defaultVault, names[0]] : names;
    return vault === undefined || name === undefined ? undefined : [{ vault, name }];
  }
  if (node.op === 'id' && node.args === 'secrets') return undefined;
  const below = childrenOf(node).map(secretsOf);
  return below.every(secrets => secrets !== undefined) ? below.flat() : undefined;
}

/** CEL's values as JSON has them: ints and uints become numbers, or digits in quotes where a number would be inexact. */
function toJsonValue(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? toJsonNumber(value) : value;
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const plain: unknown = value.valueOf(); // CEL's uint is an object around a bigint
  if (typeof plain === 'bigint') return toJsonNumber(plain);
  if (value.constructor !== Object && !(value instanceof Map)) {
    throw new EvaluationError('The expression gives an object that has no text; read one of its fields');
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, toJsonValue(inner)]));
}

function toJsonNumber(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
