import { EvaluationError } from '../expression-error.ts';
import { queryLists } from '../http-values.ts';
import { celFromJson, toJsonValue } from '../json-values.ts';
import { checkTextLength } from '../meter.ts';
import type { MacroFunction } from './register.ts';

const encodeBase64 = (text: string) => Buffer.from(text).toString('base64');
const encodeJson = (value: unknown) => JSON.stringify(toJsonValue(value));

/** Functions that stand behind a name, such as `json.decode`, get that name's object first; it says nothing. */
export const encodingMacros: readonly MacroFunction[] = [
  {
    signature: 'Base64.encode(bytes): string',
    compute: (_: object, bytes: Uint8Array) => Buffer.from(bytes).toString('base64'),
    whenAbsent: null,
  },
  {
    signature: 'Base64.encode(string): string',
    compute: (_: object, text: string) => encodeBase64(text),
    whenAbsent: null,
  },
  {
    signature: 'Base64.decode(string): bytes',
    compute: (_: object, text: string) => decodeBase64(text),
    whenAbsent: null,
  },
  { signature: 'string.encodeBase64(): string', compute: encodeBase64, whenAbsent: null },
  {
    signature: 'string.decodeBase64(): string',
    compute: (text: string) => decodeBase64(text).toString('utf8'),
    whenAbsent: null,
  },
  {
    signature: 'BasicAuth.encode(string, string): string',
    compute: (_: object, user: string, password: string) => `Basic ${encodeBase64(`${user}:${password}`)}`,
    whenAbsent: null,
  },
  {
    signature: 'Json.encode(dyn): string',
    compute: (_: object, value: unknown) => encodeJson(value),
    whenAbsent: null,
  },
  { signature: 'Json.decode(string): dyn', compute: (_: object, text: string) => decodeJson(text), whenAbsent: null },
  { signature: 'list.encodeJson(): string', compute: encodeJson, whenAbsent: null },
  { signature: 'map.encodeJson(): string', compute: encodeJson, whenAbsent: null },
  { signature: 'string.decodeJson(): dyn', compute: decodeJson, whenAbsent: null },
  {
    signature: 'QueryString.encode(map): string',
    compute: (_: object, map: object) => encodeQuery(map),
    whenAbsent: null,
  },
  {
    signature: 'QueryString.decode(string): map<string, dyn>',
    compute: (_: object, text: string) => decodeQuery(text),
    whenAbsent: null,
  },
  { signature: 'map.encodeQueryString(): string', compute: encodeQuery, whenAbsent: null },
  { signature: 'string.decodeQueryString(): map<string, dyn>', compute: decodeQuery, whenAbsent: null },
  { signature: 'Url.escape(string): string', compute: (_: object, text: string) => escapeUrl(text), whenAbsent: null },
  {
    signature: 'Url.unescape(string): string',
    compute: (_: object, text: string) => unescapeUrl(text),
    whenAbsent: null,
  },
  {
    signature: 'Url.parse(string): map<string, dyn>',
    compute: (_: object, text: string) => parseUrl(text),
    whenAbsent: null,
  },
  { signature: 'string.escapeUrl(): string', compute: escapeUrl, whenAbsent: null },
  { signature: 'string.unescapeUrl(): string', compute: unescapeUrl, whenAbsent: null },
  { signature: 'string.parseUrl(): map<string, dyn>', compute: parseUrl, whenAbsent: null },
];

/** @throws EvaluationError unless the text is exactly what encoding gives, padding included */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text) return bytes;
  throw new EvaluationError('The text is not base64; check its letters and the "=" at its end');
}

function decodeJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EvaluationError('The text is not JSON; isJson() tells');
  }
  return celFromJson(value);
}

/** Lists become the same name several times, as forms have it. */
function encodeQuery(map: object): string {
  const parameters = new URLSearchParams();
  let length = 0;
  for (const [name, value] of map instanceof Map ? map : Object.entries(map)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      const text = item === null ? '' : String(item);
      if (text === '[object Object]')
        throw new EvaluationError('A query string holds texts, numbers and lists of them');
      length += text.length + String(name).length;
      checkTextLength(length);
      parameters.append(String(name), text);
    }
  }
  return parameters.toString();
}

/** A name that comes several times gives a list, any other a text. */
function decodeQuery(text: string): Map<string, unknown> {
  const values = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const known = values.get(name);
    if (known === undefined) values.set(name, value);
    else if (Array.isArray(known)) known.push(value);
    else values.set(name, [known, value]);
  }
  return values;
}

function escapeUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unescapeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new EvaluationError('The text is not percent-encoded; a "%" needs two hexadecimal digits');
  }
}

/** The parts of a URL under the names of `req.url`; those it lacks are null. */
function parseUrl(text: string): Record<string, unknown> {
  const url = URL.parse(text);
  if (!url) throw new EvaluationError('The text is not a URL; isURL() tells');
  const userPassword = [url.username, url.password].filter(part => part !== '').join(':');
  return {
    scheme: url.protocol.slice(0, -1),
    authority: url.host,
    host: url.hostname,
    port: url.port === '' ? null : BigInt(url.port),
    path: url.pathname,
    query: url.search.slice(1),
    query_params: queryLists(url.search.slice(1)),
    fragment: url.hash.slice(1),
    uri: url.pathname + url.search,
    user_password: userPassword === '' ? null : userPassword,
  };
}
