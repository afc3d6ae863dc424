import { type CelType, declareType, int } from './cel-type.ts';
import {
  type ContentType,
  headerLists,
  type ResponseCookie,
  readContentType,
  readEncodings,
  responseCookies,
} from './http-values.ts';
import type { ResponseFacts } from './policy-facts.ts';

/** The variable `res`: parsed piece by piece, each when an expression first reads it. */
export class ResponseView {
  readonly facts: ResponseFacts;
  #headers: Map<string, string[]> | undefined;
  #cookies: Map<string, ResponseCookie[]> | undefined;
  #contentType: ContentType | undefined;

  constructor(facts: ResponseFacts) {
    this.facts = facts;
  }

  header(name: string): string {
    return this.facts.headers[name] ?? '';
  }

  get headerLists() {
    this.#headers ??= headerLists(this.facts.headers);
    return this.#headers;
  }

  get cookiesByName() {
    this.#cookies ??= responseCookies(this.header('set-cookie'));
    return this.#cookies;
  }

  get contentType() {
    this.#contentType ??= readContentType(this.header('content-type'));
    return this.#contentType;
  }
}

const views = new WeakMap<ResponseFacts, ResponseView>();

export function responseView(facts: ResponseFacts): ResponseView {
  const known = views.get(facts);
  if (known) return known;
  const view = new ResponseView(facts);
  views.set(facts, view);
  return view;
}

export const responseType: CelType = declareType('Response', 'res', ResponseView, {
  status_code: ['int', ({ facts }) => int(facts.status)],
  headers: ['map<string, dyn>', view => view.headerLists],
  cookies: ['map<string, dyn>', view => view.cookiesByName],
  location: ['string', view => view.header('location')],
  content_length: ['dyn', view => contentLength(view.header('content-length'))],
  content_encoding: ['list<string>', view => readEncodings(view.header('content-encoding'))],
  content_type: ['string', view => view.contentType.mediaType],
  'content_type.raw': ['string', view => view.header('content-type')],
  'content_type.parameters': ['map<string, dyn>', view => view.contentType.parameters],
});

/** Null for an answer that is streamed. */
function contentLength(header: string): bigint | null {
  return /^\d{1,15}$/.test(header) ? BigInt(header) : null;
}
