import assert from 'node:assert/strict';
import type { Phase } from '../action.ts';
import { piiPatterns } from '../patterns/pii.ts';
import { ExpressionError } from './expression-error.ts';
import { splitTemplate } from './split-template.ts';
import {
  defaultVault,
  lookUp,
  type SecretName,
  type TemplateExpression,
  type TemplateScope,
} from './template-scope.ts';

export type { SecretLookup, SecretName, TemplateScope } from './template-scope.ts';

/** Text from a policy that may hold expressions, such as `Bearer ${secrets.get('vault', 'name')}`. */
export interface Template {
  text: string;
  /** Whether it is the same for every request. */
  isConstant: boolean;
  /** Secrets to have at hand before rendering, each once; undefined when only rendering tells which. */
  secretsUsed: SecretName[] | undefined;
  /**
   * The text with its expressions replaced: objects and lists as JSON, null as nothing. A template that is one
   * expression and nothing else gives the value itself, whole numbers as number.
   * @throws EvaluationError, which never holds a secret
   */
  render(scope: TemplateScope): unknown;
}

type CompileWithEngine = (expression: string, phase: Phase) => TemplateExpression;

let compileWithEngine: CompileWithEngine | undefined;

/** Lets every template be read: for code that has the engine loaded anyway, see `openTemplateEngine`. */
export function useTemplateEngine(compile: CompileWithEngine): void {
  compileWithEngine = compile;
}

/**
 * Loads the CEL engine, once per process. That takes some 50 ms, which a cold start must not spend on
 * `${secrets.get('vault', 'name')}`: `needsTemplateEngine` tells.
 */
export async function openTemplateEngine(): Promise<void> {
  const { compileTemplateExpression } = await import('./template-engine.ts');
  compileWithEngine = compileTemplateExpression;
}

/** Whether `compileTemplate` can read the text only after `openTemplateEngine`. @throws ExpressionError */
export function needsTemplateEngine(text: string): boolean {
  return splitTemplate(text).some(piece => 'expression' in piece && !compilePlain(piece.expression));
}

/**
 * Reads a template. `$${` stands for the characters `${`; a text without `${` is constant, and so is a named pattern.
 * @param phase of the rule that the text belongs to
 * @throws ExpressionError
 */
export function compileTemplate(text: string, phase: Phase = 'on_http_request'): Template {
  const pieces = splitTemplate(text).map(piece =>
    'expression' in piece ? compile(piece.expression, phase) : piece.text,
  );
  const expressions = pieces.filter(piece => typeof piece !== 'string');
  const [first = ''] = pieces;
  return {
    text,
    isConstant: expressions.every(({ isConstant }) => isConstant),
    secretsUsed: allSecrets(expressions),
    render(scope) {
      if (pieces.length <= 1) return typeof first === 'string' ? first : first.evaluate(scope);
      return pieces.map(piece => (typeof piece === 'string' ? piece : toText(piece.evaluate(scope)))).join('');
    },
  };
}

function compile(expression: string, phase: Phase): TemplateExpression {
  const plain = compilePlain(expression);
  if (plain) return plain;
  if (expression.trim() === '') {
    throw new ExpressionError(
      'syntax',
      `"\${}" is empty; write an expression in it, or "$\${" for the characters themselves`,
    );
  }
  assert(compileWithEngine, 'this template needs the CEL engine; await openTemplateEngine() first');
  return compileWithEngine(expression, phase);
}

/** What needs no engine: a secret, or a named pattern. */
function compilePlain(expression: string): TemplateExpression | undefined {
  const secret = readSecretCall(expression);
  if (secret) return { secretsUsed: [secret], evaluate: ({ secrets }) => lookUp(secrets, secret) };
  const name = /^\s*pii\.(\w+)\s*$/.exec(expression)?.[1] ?? '';
  if (!Object.hasOwn(piiPatterns, name)) return undefined;
  const pattern = piiPatterns[name] as string;
  return { isConstant: true, secretsUsed: [], evaluate: () => pattern };
}

const secretCall = /^\s*secrets\.get\(\s*(?:('[^'\\\n]*'|"[^"\\\n]*")\s*,\s*)?('[^'\\\n]*'|"[^"\\\n]*")\s*\)\s*$/;

/** The secret of `secrets.get('vault', 'name')`; undefined for every other expression. */
function readSecretCall(expression: string): SecretName | undefined {
  const [, vault, name] = secretCall.exec(expression) ?? [];
  if (name === undefined) return undefined;
  return { vault: vault === undefined ? defaultVault : vault.slice(1, -1), name: name.slice(1, -1) };
}

function allSecrets(expressions: readonly TemplateExpression[]): SecretName[] | undefined {
  const secrets = new Map<string, SecretName>();
  for (const { secretsUsed } of expressions) {
    if (!secretsUsed) return undefined;
    for (const secret of secretsUsed) secrets.set(JSON.stringify([secret.vault, secret.name]), secret);
  }
  return [...secrets.values()];
}

function toText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
