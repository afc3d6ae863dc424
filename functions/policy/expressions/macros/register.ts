import type { Environment } from 'cel-js';

/** A function of the policy dialect. */
export interface MacroFunction {
  /** `string.replace(string, string): string` */
  signature: string;
  /** Gets and gives CEL's values: whole numbers as bigint. */
  compute: (...values: never[]) => unknown;
  /** What it gives when a text, list or map it works on is absent. */
  whenAbsent: null | boolean | bigint;
}

/** Functions that CEL has too but means otherwise, or lets cost too much, are called by this name inside the engine. */
export function ownName(name: string): string {
  return `${name}_`;
}

/** The name that was written. */
export function publicName(name: string): string {
  return name.replace(/_$/, '');
}

export function publicSignature(signature: string): string {
  return signature.replace(/_\(/, '(');
}

/** The function's name in a signature. */
export function nameOf(signature: string): string {
  return takeApart(signature).name;
}

const canBeAbsent = /^(string|list|map)\b/;

/**
 * Registers functions, and what they give when something is absent. The latter comes first: for operands of a type that is
 * not known the engine believes the first result type, which must then allow null.
 */
export function registerMacros(environment: Environment, macros: readonly MacroFunction[]): void {
  const absent = new Map<string, unknown>(); // strings and lists may have a function of one name, null has it once
  for (const { signature, whenAbsent } of macros) {
    for (const variant of absentVariants(signature, whenAbsent)) absent.set(variant, whenAbsent);
  }
  for (const [variant, result] of absent) environment.registerFunction(variant, () => result, { async: false });
  for (const { signature, compute } of macros) environment.registerFunction(signature, compute, { async: false });
}

/** The signature with null in place of one or more operands. */
function absentVariants(signature: string, whenAbsent: MacroFunction['whenAbsent']): string[] {
  const { receiver, name, parameters, result } = takeApart(signature);
  const operands = receiver === undefined ? parameters : [receiver, ...parameters];
  return variants(operands).map(variant => {
    const [first, ...rest] = variant;
    const head = receiver === undefined ? name : `${first}.${name}`;
    const args = receiver === undefined ? variant : rest;
    return `${head}(${args.join(', ')}): ${whenAbsent === null ? 'dyn' : result}`;
  });
}

function takeApart(signature: string) {
  const [, receiver, name = '', parameters = '', result = ''] =
    /^(?:([\w.<>]+)\.)?(\w+)\((.*)\): (.+)$/.exec(signature) ?? [];
  return { receiver, name, parameters: parameters === '' ? [] : parameters.split(', '), result };
}

/** Every way for one or more operands to be null. */
function variants(operands: readonly string[]): string[][] {
  const all = operands.reduce<string[][]>(
    (lists, operand) =>
      lists.flatMap(list =>
        canBeAbsent.test(operand)
          ? [
              [...list, 'null'],
              [...list, operand],
            ]
          : [[...list, operand]],
      ),
    [[]],
  );
  return all.filter(list => list.some((operand, index) => operand !== operands[index]));
}
