import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import type { AiGatewayConfig } from '../ai-gateway-config.ts';
import { EvaluationError } from '../expressions/expression-error.ts';
import { type EndpointFacts, type PolicyFacts, type RequestFacts, StepBudget } from '../expressions/policy-facts.ts';
import type { Template, TemplateScope } from '../expressions/template.ts';
import type { SecretLookup } from '../expressions/template-scope.ts';

/** A request as rules see and change it. Replaced as a whole, never changed in place. */
export interface PolicyRequest {
  method: string;
  /** As the endpoint has it: `/v1/…`, without `/e/{slug}`. */
  path: string;
  /** Without `?`. */
  query: string;
  /** Lower-case names; repeated headers joined by commas. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** An answer on its way through the response rules. */
export interface PolicyAnswer {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<string | Buffer>;
}

/** What models said, or why none did. */
export interface ModelsAnswer extends PolicyAnswer {
  /** The tree `actions.ngrok.ai_gateway`; made when an expression reads it. */
  result(): object | undefined;
  /** Whether it is an error, which `on_error: continue` passes over. */
  isError: boolean;
}

/** One call of an address that a policy names. */
export interface OutgoingCall {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  timeoutMs: number;
}

/** What rules need from the gateway that runs them. */
export interface PolicyServices {
  now: Clock;
  /** From 0 up to but not including 1. */
  random(): number;
  region: string;
  /** Lets the models of an `ai-gateway` action answer. Never throws: errors are answers. */
  callModels(config: AiGatewayConfig, run: PolicyRun): Promise<ModelsAnswer>;
  /** Sends a request under the egress rules; redirects are not followed. @throws CallFailed */
  call(call: OutgoingCall): Promise<{ status: number; headers: Record<string, string>; body: Buffer }>;
  /**
   * Counts a request in a bucket that all processes share, unless `capacity` requests are in its window already.
   * @throws whatever the store throws
   */
  takeRate(bucket: string, limit: { capacity: number; windowMs: number }): Promise<RateVerdict>;
  circuits: Circuits;
  /** One line for an operator, for what went wrong without failing the request. */
  report(message: string, error: unknown): void;
}

export type RateVerdict = { isLimited: false } | { isLimited: true; retryAfterMs: number };

/** Breakers that all processes share. */
export interface Circuits {
  /** @returns undefined while closed, else how long it stays open */
  openFor(circuit: string, limits: CircuitLimits): Promise<number | undefined>;
  note(circuit: string, limits: CircuitLimits, isFailure: boolean): Promise<void>;
}

export interface CircuitLimits {
  errorThreshold: number;
  volumeThreshold: number;
  windowMs: number;
  trippedMs: number;
}

/** An address did not answer. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/** Who and what a run is about. */
export interface PolicyCaller {
  requestId: string;
  accountId: string;
  endpoint: EndpointFacts;
  gatewayKeyId: string | undefined;
  clientIp: string;
  /** `https`, or `http` on the local stack. */
  scheme: string;
  httpVersion: string;
  receivedAtMs: number;
}

/** One request on its way through the rules of a policy: what they read, and what they have changed so far. */
export class PolicyRun {
  readonly caller: PolicyCaller;
  readonly services: PolicyServices;
  request: PolicyRequest;
  answer: PolicyAnswer | undefined;
  /** An error of models that `on_error: continue` passed over: the answer, if no other action gives one. */
  passedOver: PolicyAnswer | undefined;
  /** `vars.<name>`; those of one phase are not seen by the next. */
  vars: Record<string, unknown> = {};
  /** `actions.ngrok.<action>`: of each action its last execution. */
  readonly results: Record<string, unknown> = {};
  /** What `log` actions noted, for the request's record. */
  readonly logs: unknown[] = [];
  /** Rules that applied, by name or place. */
  readonly matched: string[] = [];
  /** Headers that rules have added, which providers get as well. */
  readonly addedHeaders = new Set<string>();
  /** To be done when the answer is out, for circuit breakers. */
  readonly atEnd: ((status: number) => Promise<void>)[] = [];
  private readonly secrets: SecretLookup;
  private readonly budget = new StepBudget();
  private requestFacts: { of: PolicyRequest; facts: RequestFacts } | undefined;

  constructor(caller: PolicyCaller, request: PolicyRequest, secrets: SecretLookup, services: PolicyServices) {
    this.caller = caller;
    this.request = request;
    this.secrets = secrets;
    this.services = services;
  }

  /** What expressions read now. */
  get scope(): TemplateScope {
    return { secrets: this.secrets, facts: this.facts };
  }

  get facts(): PolicyFacts {
    const { caller, services, answer } = this;
    return {
      request: this.readRequest(),
      ...(answer && { response: answer }),
      endpoint: caller.endpoint,
      region: services.region,
      nowMs: services.now(),
      vars: this.vars,
      actions: { ngrok: this.results },
      random: services.random,
      budget: this.budget,
    };
  }

  /** The same object until the request changes: expressions remember what they have read from it. */
  private readRequest(): RequestFacts {
    const { caller, request } = this;
    if (this.requestFacts?.of !== request) {
      const facts = {
        id: caller.requestId,
        method: request.method,
        scheme: caller.scheme,
        host: request.headers.host ?? '',
        path: request.path,
        query: request.query,
        httpVersion: caller.httpVersion,
        headers: request.headers as Readonly<Record<string, string>>,
        clientIp: caller.clientIp,
        gatewayKeyId: caller.gatewayKeyId,
        bodyBytes: request.body.length,
        receivedAtMs: caller.receivedAtMs,
        ...(request.body.length > 0 && { bodyReceivedAtMs: caller.receivedAtMs }),
      };
      this.requestFacts = { of: request, facts };
    }
    return this.requestFacts.facts;
  }

  /** Fills a template in. @throws GatewayError ERR_NGROK_2238 */
  render(template: Template, what: string): unknown {
    try {
      return template.render(this.scope);
    } catch (cause) {
      throw notFilledIn(cause, what);
    }
  }

  /** The same as a text: objects and lists as JSON, null as nothing. */
  renderText(template: Template, what: string): string {
    const value = this.render(template, what);
    if (value === null || value === undefined) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  /** Shows expressions what an action did. @param type such as `rate-limit` */
  note(type: string, result: unknown): void {
    this.results[type.replaceAll('-', '_')] = result;
  }

  /** Lets the next phase begin with what its expressions can see. */
  beginPhase(): void {
    this.vars = {};
  }
}

function notFilledIn(cause: unknown, what: string): unknown {
  if (!(cause instanceof EvaluationError)) return cause;
  return new GatewayError('ERR_NGROK_2238', `The policy's ${what} cannot be filled in: ${cause.message}`, { cause });
}

/** A body that is there already. */
export async function* wholeBody(body: string | Buffer): AsyncGenerator<string | Buffer> {
  yield body;
}
