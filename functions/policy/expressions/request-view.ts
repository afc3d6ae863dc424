import { type CelType, declareType, int, intOrNull } from './cel-type.ts';
import { type Cookie, queryLists, readEncodings, requestCookies } from './http-values.ts';
import { MessageView, remembered } from './message-view.ts';
import type { RequestFacts } from './policy-facts.ts';
import { readUserAgent, type UserAgent } from './user-agent.ts';

/** The variable `req`: parsed piece by piece, each when an expression first reads it. */
export class RequestView extends MessageView<RequestFacts> {
  #cookies: Map<string, Cookie[]> | undefined;
  #queryParams: Map<string, string[]> | undefined;
  #userAgent: UserAgent | undefined;
  #url: URL | undefined;

  get cookiesByName() {
    this.#cookies ??= requestCookies(this.header('cookie'));
    return this.#cookies;
  }

  get queryLists() {
    this.#queryParams ??= queryLists(this.facts.query);
    return this.#queryParams;
  }

  get userAgent() {
    this.#userAgent ??= readUserAgent(this.header('user-agent'));
    return this.#userAgent;
  }

  /** As the client wrote it, as far as a server learns it. */
  get rawUrl(): string {
    return `${this.facts.scheme}://${this.facts.host}${this.uri}`;
  }

  get uri(): string {
    const { path, query } = this.facts;
    return query === '' ? path : `${path}?${query}`;
  }

  /** With dots in the path resolved. Host and path cannot be taken for each other; one that is no host is left out. */
  get parsedUrl(): URL {
    const { scheme, host } = this.facts;
    if (!this.#url) {
      this.#url = new URL(`${scheme}://unknown${this.uri}`);
      if (/^[\w.:[\]-]+$/.test(host)) this.#url.host = host;
    }
    return this.#url;
  }

  get port(): number | null {
    const port = /:(\d{1,5})$/.exec(this.facts.host)?.[1];
    return port === undefined ? null : Number(port);
  }
}

export const requestView = remembered(RequestView);

/** Fields of what is a text and has fields too, such as `req.url.host`, have a dot in their names; see `text-fields.ts`. */
export const requestType: CelType = declareType('Request', 'req', RequestView, {
  id: ['string', ({ facts }) => facts.id],
  gateway_key_id: ['string', ({ facts }) => facts.gatewayKeyId ?? ''],
  method: ['string', ({ facts }) => facts.method],
  host: ['string', ({ facts }) => facts.host],
  version: ['string', ({ facts }) => facts.httpVersion],
  headers: ['map<string, dyn>', view => view.headerLists],
  cookies: ['map<string, dyn>', view => view.cookiesByName],
  location: ['string', view => view.header('location')],
  content_length: ['int', ({ facts }) => int(facts.bodyBytes)],
  content_encoding: ['list<string>', view => readEncodings(view.header('content-encoding'))],
  content_type: ['string', view => view.contentType.mediaType],
  'content_type.raw': ['string', view => view.header('content-type')],
  'content_type.parameters': ['map<string, dyn>', view => view.contentType.parameters],
  user_agent: ['string', view => view.header('user-agent')],
  'user_agent.name': ['string', view => view.userAgent.name],
  'user_agent.version': ['string', view => view.userAgent.version],
  'user_agent.os': ['string', view => view.userAgent.os],
  'user_agent.os_version': ['string', view => view.userAgent.osVersion],
  'user_agent.device': ['string', view => view.userAgent.device],
  'user_agent.url': ['string', view => view.userAgent.url],
  'user_agent.is_mobile': ['bool', view => view.userAgent.kind === 'mobile'],
  'user_agent.is_tablet': ['bool', view => view.userAgent.kind === 'tablet'],
  'user_agent.is_desktop': ['bool', view => view.userAgent.kind === 'desktop'],
  'user_agent.is_bot': ['bool', view => view.userAgent.kind === 'bot'],
  url: ['string', view => view.parsedUrl.href],
  'url.raw': ['string', view => view.rawUrl],
  'url.scheme': ['string', ({ facts }) => facts.scheme],
  'url.authority': ['string', ({ facts }) => facts.host],
  'url.host': ['string', view => view.parsedUrl.hostname],
  'url.port': ['dyn', view => intOrNull(view.port)],
  'url.path': ['string', view => view.parsedUrl.pathname],
  'url.raw_path': ['string', ({ facts }) => facts.path],
  'url.query': ['string', ({ facts }) => facts.query],
  'url.query_params': ['map<string, dyn>', view => view.queryLists],
  'url.uri': ['string', view => view.uri],
  'ts.header_received': ['google.protobuf.Timestamp', ({ facts }) => new Date(facts.receivedAtMs)],
  'ts.body_received': ['dyn', ({ facts }) => dateOrNull(facts.bodyReceivedAtMs)],
});

function dateOrNull(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
