import { EvaluationError } from '../expression-error.ts';
import { toJsonValue } from '../json-values.ts';
import { checkTextLength, spend } from '../meter.ts';

const precisionMax = 20;

/**
 * `'%s has %d'.format([name, count])`.
 * @see https://pkg.go.dev/github.com/google/cel-go/ext#Strings for what each verb takes
 */
export function format(text: string, values: readonly unknown[]): string {
  let next = 0;
  let length = text.length;
  return text.replace(/%(?:\.(\d+))?(.?)/gs, (_written, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= values.length)
      throw new EvaluationError(`format() was given ${values.length} values, too few for its text`);
    if (Number(precision ?? 0) > precisionMax) {
      throw new EvaluationError(`format() writes at most ${precisionMax} decimals, not more`);
    }
    const part = write(verb, values[next++], Number(precision ?? 6));
    length += part.length;
    checkTextLength(length);
    spend(part.length >> 1);
    return part;
  });
}

function write(verb: string, value: unknown, precision: number): string {
  switch (verb) {
    case 's':
      return toText(value);
    case 'd':
      return String(whole(verb, value));
    case 'f':
      return special(number(verb, value)) ?? number(verb, value).toFixed(precision);
    case 'e':
      return special(number(verb, value)) ?? exponent(number(verb, value), precision);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : whole(verb, value).toString(2);
    case 'o':
      return whole(verb, value).toString(8);
    case 'x':
      return hexadecimal(verb, value);
    case 'X':
      return hexadecimal(verb, value).toUpperCase();
    default:
      throw new EvaluationError(`format() knows only %s, %d, %f, %e, %b, %o, %x, %X and %%`);
  }
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'number') return special(value) ?? String(value);
  const json = toJsonValue(value);
  return typeof json === 'string' ? json : JSON.stringify(json);
}

function hexadecimal(verb: string, value: unknown): string {
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return whole(verb, value).toString(16);
}

function whole(verb: string, value: unknown): bigint {
  const plain = typeof value === 'object' ? value?.valueOf() : value; // CEL's uint is an object around a bigint
  if (typeof plain === 'bigint') return plain;
  throw new EvaluationError(`format() writes only a whole number as "%${verb}"; convert with int(), or write %s`);
}

function number(verb: string, value: unknown): number {
  return typeof value === 'number' ? value : Number(whole(verb, value));
}

function special(value: number): string | undefined {
  if (Number.isFinite(value)) return undefined;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** `1.5e+00`: exponents have two digits or more. */
function exponent(value: number, precision: number): string {
  return value.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
}
