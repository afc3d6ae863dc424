import { EvaluationError } from '../expression-error.ts';
import { checkTextLength } from '../meter.ts';
import { format } from './format.ts';
import { type MacroFunction, ownName } from './register.ts';
import { isJson, isPrivateIp, isQueryString, isUrl } from './text-kinds.ts';

export const stringMacros: readonly MacroFunction[] = [
  { signature: 'string.charAt(int): string', compute: charAt, whenAbsent: null },
  { signature: 'string.format(list<dyn>): string', compute: format, whenAbsent: null },
  { signature: 'string.replace(string, string): string', compute: replace, whenAbsent: null },
  { signature: 'string.replace(string, string, int): string', compute: replace, whenAbsent: null },
  { signature: 'string.reverse(): string', compute: (text: string) => [...text].reverse().join(''), whenAbsent: null },
  { signature: 'string.lower(): string', compute: (text: string) => text.toLowerCase(), whenAbsent: null },
  { signature: 'string.upper(): string', compute: (text: string) => text.toUpperCase(), whenAbsent: null },
  {
    signature: `string.${ownName('lowerAscii')}(): string`,
    compute: (text: string) => text.replace(/[A-Z]+/g, letters => letters.toLowerCase()),
    whenAbsent: null,
  },
  {
    signature: `string.${ownName('upperAscii')}(): string`,
    compute: (text: string) => text.replace(/[a-z]+/g, letters => letters.toUpperCase()),
    whenAbsent: null,
  },
  {
    signature: 'string.split(): list<string>',
    compute: (text: string) => text.split(/\s+/).filter(word => word !== ''),
    whenAbsent: null,
  },
  { signature: 'string.isJson(): bool', compute: isJson, whenAbsent: false },
  { signature: 'string.isPrivateIp(): bool', compute: isPrivateIp, whenAbsent: false },
  { signature: 'string.isQueryString(): bool', compute: isQueryString, whenAbsent: false },
  { signature: 'string.isURL(): bool', compute: isUrl, whenAbsent: false },
  { signature: 'Strings.quote(string): string', compute: (_: object, text: string) => quoted(text), whenAbsent: null },
];

function charAt(text: string, index: bigint): string {
  if (index >= 0n && index <= BigInt(text.length)) return text.charAt(Number(index));
  throw new EvaluationError(`charAt(${index}) is outside the text, which has ${text.length} characters`);
}

/** @param limit how many at most; all of them when negative */
function replace(text: string, from: string, to: string, limit = -1n): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const all = parts.length - 1;
  const count = limit < 0n || limit > BigInt(all) ? all : Number(limit);
  checkTextLength(text.length + count * (to.length - from.length));
  return (
    parts.slice(0, count + 1).join(to) +
    parts
      .slice(count + 1)
      .map(part => from + part)
      .join('')
  );
}

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** As CEL would write the text. */
function quoted(text: string): string {
  return `"${Array.from(text.toWellFormed(), sign => escapes[sign] ?? sign).join('')}"`;
}
