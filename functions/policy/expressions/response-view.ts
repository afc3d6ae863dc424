import { type CelType, declareType, int } from './cel-type.ts';
import { type ResponseCookie, readEncodings, responseCookies } from './http-values.ts';
import { MessageView, remembered } from './message-view.ts';
import type { ResponseFacts } from './policy-facts.ts';

/** The variable `res`: parsed piece by piece, each when an expression first reads it. */
export class ResponseView extends MessageView<ResponseFacts> {
  #cookies: Map<string, ResponseCookie[]> | undefined;

  get cookiesByName() {
    this.#cookies ??= responseCookies(this.header('set-cookie'));
    return this.#cookies;
  }
}

export const responseView = remembered(ResponseView);

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
