import { EvaluationError } from './expression-error.ts';
import { celFromJson } from './json-values.ts';
import type { PolicyFacts } from './policy-facts.ts';
import { requestView } from './request-view.ts';
import { responseView } from './response-view.ts';
import { Secrets } from './secrets-view.ts';
import { ConnectionView, EndpointView, RandomView, TimeView } from './surroundings.ts';
import type { TemplateScope } from './template-scope.ts';

/** One attempt of an `http-request` action, for its `retry_condition`. */
export interface RetryFacts {
  /** How often it was tried so far. */
  attempts: number;
  /** `req`, `res` and `error` of the last one, as JSON has them. */
  lastAttempt: Readonly<Record<string, unknown>>;
}

/** The variables of one evaluation; each is made when the expression reads it. */
export class PolicyVariables {
  readonly #scope: TemplateScope;
  readonly #source: string;
  readonly #retry: RetryFacts | undefined;

  constructor(scope: TemplateScope, source: string, retry?: RetryFacts) {
    this.#scope = scope;
    this.#source = source;
    this.#retry = retry;
  }

  get req() {
    return requestView(this.#facts('req').request);
  }

  get res() {
    const { response } = this.#facts('res');
    if (!response) throw new EvaluationError('There is no answer yet that "res" could tell of');
    return responseView(response);
  }

  get conn() {
    return new ConnectionView(this.#facts('conn'));
  }

  get endpoint() {
    return new EndpointView(this.#facts('endpoint'));
  }

  get time() {
    return new TimeView(this.#facts('time'));
  }

  get rand() {
    return new RandomView(this.#facts('rand'));
  }

  get vars() {
    return celValues(this.#facts('vars').vars);
  }

  get actions() {
    return Object.fromEntries(
      Object.entries(this.#facts('actions').actions).map(([group, results]) => [group, celValues(results)]),
    );
  }

  get secrets() {
    return new Secrets(this.#scope.secrets, this.#source);
  }

  get attempts() {
    return BigInt(this.#retry?.attempts ?? 0);
  }

  get last_attempt() {
    return celValues(this.#retry?.lastAttempt ?? {});
  }

  #facts(variable: string): PolicyFacts {
    const { facts } = this.#scope;
    if (facts) return facts;
    throw new EvaluationError(
      `"${variable}" is not known here: this text is read outside of a request, where only secrets and constants are`,
    );
  }
}

/** Each value is converted when it is read: one that is too big to be read is in nobody else's way. */
function celValues(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lazily = Object.keys(values).map(
    name => [name, { enumerable: true, get: () => celValue(values[name]) }] as const,
  );
  return Object.defineProperties({}, Object.fromEntries(lazily));
}

/** Results and variables are never changed, so that each becomes CEL's once however many expressions read it. */
const converted = new WeakMap<object, unknown>();

function celValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return celFromJson(value);
  const known = converted.get(value);
  if (known !== undefined) return known;
  const made = celFromJson(value);
  converted.set(value, made);
  return made;
}
