import type { ErrorCode } from '../core/errors.ts';
import type { Usage } from '../core/usage.ts';
import type { ModelCall } from '../routing/model-call.ts';
import type { ProviderKey } from '../routing/provider-keys.ts';
import type { Candidate } from '../routing/resolve-candidates.ts';
import type { Hold } from '../store/balances.ts';
import type { LimitHold } from '../store/key-limits.ts';
import type { AttemptRecord, UsageRecord } from '../store/usage.ts';
import type { Caller } from './authenticate.ts';

/** One request from its first byte to its usage record: what each step learned, for the steps after it. */
export interface Exchange {
  requestId: string;
  startedAtMs: number;
  caller: Caller;
  call: ModelCall;
  /** Ends all attempts when the total timeout is reached; to be stopped when the answer is out. */
  deadline: Deadline;
  attempts: AttemptRecord[];
  /** Money set aside, once a managed key is about to be used. */
  hold: Hold | undefined;
  /** The same of the gateway key's limit, when it has one. */
  limitHold: LimitHold | undefined;
  /** When the first provider was called. */
  sentAtMs: number | undefined;
  /** Who answered. */
  served: { candidate: Candidate; key: ProviderKey } | undefined;
  firstContentAtMs: number | undefined;
  /** As the provider reported it. */
  usage: Usage | undefined;
  /** Text that was relayed, kept only until it is counted, for providers that report no usage. */
  relayedText: string[];
  outcome: UsageRecord['outcome'];
  status: number;
  errorCode: ErrorCode | undefined;
}

export interface Deadline {
  signal: AbortSignal;
  stop(): void;
}

/** @param timeLeftMs what the function that runs us has left; a part of it is kept for the bookkeeping */
export function startExchange(
  requestId: string,
  startedAtMs: number,
  caller: Caller,
  call: ModelCall,
  timeLeftMs: number,
): Exchange {
  const { total_timeout } = caller.endpoint.policy.aiGateway;
  return {
    requestId,
    startedAtMs,
    caller,
    call,
    deadline: startDeadline(Math.min(total_timeout, timeLeftMs - bookkeepingMs)),
    attempts: [],
    hold: undefined,
    limitHold: undefined,
    sentAtMs: undefined,
    served: undefined,
    firstContentAtMs: undefined,
    usage: undefined,
    relayedText: [],
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
