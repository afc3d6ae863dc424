import { spendReading } from './meter.ts';

/** `req.headers`: by name, each with the one value that Lambda joins repeated headers into. */
export function headerLists(headers: Readonly<Record<string, string>>): Map<string, string[]> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
}

/** `a=1&b=2&a=3` by name, each with its values in order. */
export function queryLists(query: string): Map<string, string[]> {
  spendReading(query);
  return grouped(
    new URLSearchParams(query),
    ([name]) => name,
    ([, value]) => value,
  );
}

export interface Cookie {
  name: string;
  value: string;
}

/** The cookies of a `cookie` header by name. */
export function requestCookies(header: string): Map<string, Cookie[]> {
  spendReading(header);
  const cookies = header.split(';').flatMap(part => readPair(part) ?? []);
  return grouped(
    cookies,
    ({ name }) => name,
    cookie => cookie,
  );
}

/** What `set-cookie` says of a cookie, as expressions see it; what it does not say is null. */
export interface ResponseCookie extends Cookie {
  domain: string | null;
  path: string | null;
  expires: Date | null;
  max_age: bigint | null;
  same_site: string | null;
  http_only: boolean;
  secure: boolean;
}

/** The cookies of a `set-cookie` header, or of several joined by commas; dates have commas too. */
export function responseCookies(header: string): Map<string, ResponseCookie[]> {
  spendReading(header);
  const cookies = header.split(/,(?=[^;,=]+=)/).flatMap(text => readSetCookie(text) ?? []);
  return grouped(
    cookies,
    ({ name }) => name,
    cookie => cookie,
  );
}

function readSetCookie(text: string): ResponseCookie | undefined {
  const [first = '', ...rest] = text.split(';');
  const cookie = readPair(first);
  if (!cookie) return undefined;
  const attributes = new Map(
    rest.map(part => {
      const [name = '', ...value] = part.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim()] as const;
    }),
  );
  const expires = new Date(attributes.get('expires') ?? Number.NaN);
  const maxAge = attributes.get('max-age') ?? '';
  return {
    ...cookie,
    domain: attributes.get('domain') ?? null,
    path: attributes.get('path') ?? null,
    expires: Number.isNaN(expires.getTime()) ? null : expires,
    max_age: /^-?\d{1,15}$/.test(maxAge) ? BigInt(maxAge) : null,
    same_site: attributes.get('samesite') ?? null,
    http_only: attributes.has('httponly'),
    secure: attributes.has('secure'),
  };
}

function readPair(text: string): Cookie | undefined {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals)).trim();
  const value = text.slice(equals + 1).trim();
  if (name === '') return undefined;
  return { name, value: value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value };
}

/** `application/json; charset=utf-8` taken apart. */
export interface ContentType {
  mediaType: string;
  parameters: Map<string, string>;
}

export function readContentType(header: string): ContentType {
  spendReading(header);
  const [mediaType = '', ...rest] = header.split(';');
  const pairs = rest.flatMap(part => readPair(part) ?? []);
  const parameters = new Map(pairs.map(({ name, value }) => [name.toLowerCase(), value]));
  return { mediaType: mediaType.trim().toLowerCase(), parameters };
}

/** `gzip, br` as a list. */
export function readEncodings(header: string): string[] {
  spendReading(header);
  return header
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}

function grouped<Item, Value>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string,
  memberOf: (item: Item) => Value,
): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group) group.push(memberOf(item));
    else groups.set(nameOf(item), [memberOf(item)]);
  }
  return groups;
}
