import { parse } from './compile-strategy.ts';
import { ExpressionError } from './expression-error.ts';

/** Loads the CEL engine, which texts with other expressions than `secrets.get` need before they are compiled. */
export async function openTemplateEngine(): Promise<void> {}

/**
 * Reads a text with `${…}` parts.
 * @throws ExpressionError when a part is not a CEL expression or has no end
 */
export function compileTemplate(text: string) {
  const parts: (string | ReturnType<typeof parse>)[] = [];
  let position = 0;
  for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', position)) {
    const end = expressionEnd(text, start + 2);
    parts.push(text.slice(position, start), parse(text.slice(start + 2, end)));
    position = end + 1;
  }
  return [...parts, text.slice(position)];
}

/** Where the brace of `${` is closed: not in a string, and not by the brace of a map. */
function expressionEnd(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"' || character === "'") {
      index += 1;
      while (index < text.length && text[index] !== character) index += text[index] === '\\' ? 2 : 1;
    } else if (character === '{') {
      depth += 1;
    } else if (character === '}') {
      if (depth === 0) return index;
      depth -= 1;
    }
  }
  throw new ExpressionError('syntax', '"${" has no closing "}"');
}
