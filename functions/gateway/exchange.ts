import type { Price } from '../core/catalog/price.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Usage } from '../core/usage.ts';
import type { PolicyFacts } from '../policy/expressions/policy-facts.ts';
import type { CompiledAiGateway } from '../routing/compile-policy.ts';
import type { Candidate } from '../routing/endpoint-catalog.ts';
import type { ModelCall } from '../routing/model-call.ts';
import type { KeySelection, ProviderKey } from '../routing/provider-keys.ts';
import type { Rejection, Resolution } from '../routing/resolve-candidates.ts';
import type { Hold } from '../store/balances.ts';
import type { LimitHold } from '../store/key-limits.ts';
import type { AttemptRecord, UsageRecord } from '../store/usage.ts';
import type { Caller } from './authenticate.ts';
import { RelayedText } from './relayed-text.ts';

/** One request from its first byte to its usage record: what each step learned, for the steps after it. */
export interface Exchange {
  requestId: string;
  startedAtMs: number;
  /** Of the client's `traceparent`. */
  traceId: string | undefined;
  parentSpanId: string | undefined;
  traceUnsampled: true | undefined;
  caller: Caller;
  /** The client's `host` header; may be empty. */
  host: string;
  /** The action of the policy that answers. */
  aiGateway: CompiledAiGateway;
  call: ModelCall;
  /** What `${…}` in the action's configuration may read besides secrets. */
  facts: () => PolicyFacts;
  /** What the rules of the policy did so far: those that applied, and what they have logged. */
  rules: { matched: readonly string[]; logs: readonly unknown[] } | undefined;
  /** Ends all attempts when the total timeout is reached; to be stopped when the answer is out. */
  deadline: Deadline;
  resolution: Resolution;
  /** Candidates that could not be tried. */
  dropped: readonly Rejection[];
  attempts: Attempt[];
  /** Those of `ai-gateway` actions before this one, which failed and were passed over. */
  earlierAttempts: readonly Attempt[];
  /** Money set aside, once a managed key is about to be used. */
  hold: Hold | undefined;
  /** The same of the gateway key's limit, when it has one. */
  limitHold: LimitHold | undefined;
  /** When the first provider was called. */
  sentAtMs: number | undefined;
  served: Served | undefined;
  firstContentAtMs: number | undefined;
  /** When the provider's answer had come to its end, whole or not. */
  answeredAtMs: number | undefined;
  /** In the provider's words. */
  finishReason: string | undefined;
  /** As the provider reported it. */
  usage: Usage | undefined;
  /** What a stream had reported when it broke off: its input is right, its output a part. */
  usageSoFar: Usage | undefined;
  /** For providers that report no usage. */
  relayedText: RelayedText;
  outcome: UsageRecord['outcome'];
  status: number;
  errorCode: ErrorCode | undefined;
}

/** Who answered, and on what terms. */
export interface Served {
  candidate: Candidate;
  key: ProviderKey;
  /** What credits were set aside with, when the key is the deployment's. */
  price: Price | undefined;
  /** What the answer was limited to so that the balance covers it, when the client allowed more. */
  outputLimit: number | undefined;
}

/** One call of a provider: what is recorded of it, and what only its own request may show. */
export interface Attempt {
  record: AttemptRecord;
  startedAtMs: number;
  keySelections: readonly KeySelection[];
  url: string;
  key: ProviderKey;
  responseHeaders: Readonly<Record<string, string>>;
  /** The beginning of an error's body. */
  errorBody: string | undefined;
}

/** What the client says of the trace that its request belongs to. */
export type TraceParent = Pick<Exchange, 'traceId' | 'parentSpanId' | 'traceUnsampled'>;

export interface Deadline {
  signal: AbortSignal;
  stop(): void;
}

/** @param timeLeftMs what the function that runs us has left; a part of it is kept for the bookkeeping */
export function startExchange(
  begun: Pick<
    Exchange,
    | 'requestId'
    | 'startedAtMs'
    | keyof TraceParent
    | 'host'
    | 'caller'
    | 'aiGateway'
    | 'call'
    | 'facts'
    | 'rules'
    | 'resolution'
    | 'earlierAttempts'
  >,
  timeLeftMs: number,
): Exchange {
  const { total_timeout } = begun.aiGateway.config;
  return {
    ...begun,
    deadline: startDeadline(Math.min(total_timeout, timeLeftMs - bookkeepingMs)),
    dropped: [],
    attempts: [],
    hold: undefined,
    limitHold: undefined,
    sentAtMs: undefined,
    served: undefined,
    firstContentAtMs: undefined,
    answeredAtMs: undefined,
    finishReason: undefined,
    usage: undefined,
    usageSoFar: undefined,
    relayedText: new RelayedText(),
    outcome: 'failed',
    status: 0,
    errorCode: undefined,
  };
}

/** Enough to settle and record, retries included. */
const bookkeepingMs = 20_000;

function startDeadline(timeMs: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.max(0, timeMs));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
