import { type ContentType, headerLists, readContentType } from './http-values.ts';

/** What requests and answers have in common: headers, each read when an expression first asks for it. */
export class MessageView<Facts extends { headers: Readonly<Record<string, string>> }> {
  readonly facts: Facts;
  #headers: Map<string, string[]> | undefined;
  #contentType: ContentType | undefined;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  header(name: string): string {
    return this.facts.headers[name] ?? '';
  }

  get headerLists() {
    this.#headers ??= headerLists(this.facts.headers);
    return this.#headers;
  }

  get contentType() {
    this.#contentType ??= readContentType(this.header('content-type'));
    return this.#contentType;
  }
}

/** @returns what gives the same view for the same facts, so that nothing is read twice */
export function remembered<Facts extends object, View>(wrapper: new (facts: Facts) => View): (facts: Facts) => View {
  const views = new WeakMap<Facts, View>();
  return facts => {
    const known = views.get(facts);
    if (known) return known;
    const view = new wrapper(facts);
    views.set(facts, view);
    return view;
  };
}
