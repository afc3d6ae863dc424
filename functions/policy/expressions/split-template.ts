import { errorAt } from './error-at.ts';

export type TemplatePiece = { text: string } | { expression: string };

/** Compiling an expression takes up to 30 ms. */
const expressionsMax = 32;

/**
 * Takes `a ${b} c` apart, with `$${` as `${`. An expression ends at its own `}`, not at one in a string, a map or a comment.
 * @throws ExpressionError when a `${` is never closed
 */
export function splitTemplate(source: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let expressions = 0;
  let text = '';
  let at = 0;
  for (let open = source.indexOf('${'); open >= 0; open = source.indexOf('${', at)) {
    if (open > at && source[open - 1] === '$') {
      text += `${source.slice(at, open - 1)}\${`;
      at = open + 2;
      continue;
    }
    text += source.slice(at, open);
    const close = endOfExpression(source, open + 2);
    const place = { input: source, start: open };
    if (close === undefined) {
      throw errorAt('syntax', `"\${" is never closed by "}"; write "$\${" for the characters themselves`, place);
    }
    if (++expressions > expressionsMax) {
      throw errorAt('too_complex', `a text can hold ${expressionsMax} expressions; split it`, place);
    }
    if (text !== '') pieces.push({ text });
    pieces.push({ expression: source.slice(open + 2, close) });
    text = '';
    at = close + 1;
  }
  text += source.slice(at);
  if (text !== '') pieces.push({ text });
  return pieces;
}

/** Where the `}` of an expression is that starts at `start`. */
export function endOfExpression(source: string, start: number): number | undefined {
  const token = /'''|"""|'|"|\/\/[^\n]*|[{}]/g;
  let depth = 0;
  token.lastIndex = start;
  for (let match = token.exec(source); match; match = token.exec(source)) {
    const [text] = match;
    if (text === '{') depth++;
    else if (text === '}') {
      if (depth-- === 0) return match.index;
    } else if (!text.startsWith('//')) {
      const end = endOfString(source, match.index + text.length, text);
      if (end === undefined) return undefined;
      token.lastIndex = end;
    }
  }
  return undefined;
}

/** One past the closing quotes. */
function endOfString(source: string, start: number, quotes: string): number | undefined {
  for (let at = start; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source.startsWith(quotes, at)) return at + quotes.length;
  }
  return undefined;
}
