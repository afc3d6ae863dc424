import type { StepBudget } from './meter.ts';

export { StepBudget } from './meter.ts';

/** What the expressions of a policy can know while one request is answered. */
export interface PolicyFacts {
  request: RequestFacts;
  /** Absent until there is an answer. */
  response?: ResponseFacts | undefined;
  endpoint: EndpointFacts;
  /** Where the function runs: `us-east-1`. */
  region: string;
  nowMs: number;
  /** What `set-vars` has set, as JSON has it. A value that lies here is never changed, only replaced. */
  vars: Readonly<Record<string, unknown>>;
  /** Results of actions, `{ ngrok: { rate_limit: … } }`, as JSON has them. A result is never changed, only replaced. */
  actions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** From 0 up to but not including 1. */
  random(): number;
  /** One per request, for all its expressions. */
  budget: StepBudget;
}

/** A request as a Function URL tells it. What is read from it is remembered, so a changed request is a new object. */
export interface RequestFacts {
  id: string;
  method: string;
  /** `https`, without a colon. */
  scheme: string;
  /** The `host` header, with its port if it names one. */
  host: string;
  /** As it was sent, not decoded. */
  path: string;
  /** Without the question mark; may be empty. */
  query: string;
  /** As Lambda says it: `HTTP/1.1`. */
  httpVersion: string;
  /** By name in lower case. Lambda has joined repeated ones by commas, and a `cookie` header holds the cookies. */
  headers: Readonly<Record<string, string>>;
  clientIp: string;
  /** Of the gateway key that was shown and proven. */
  gatewayKeyId?: string | undefined;
  bodyBytes: number;
  receivedAtMs: number;
  /** Absent for a request without a body. */
  bodyReceivedAtMs?: number | undefined;
}

/** An answer's status and headers. What is read from it is remembered, so a changed answer is a new object. */
export interface ResponseFacts {
  status: number;
  /** By name in lower case. */
  headers: Readonly<Record<string, string>>;
}

export interface EndpointFacts {
  id: string;
  slug: string;
  /** `https://gateway.example/e/support` */
  url: string;
}
