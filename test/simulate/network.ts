import { StoreError } from '../../functions/store/dynamo.ts';
import type { Random } from './random.ts';

/**
 * How a call is sent: a pause goes nowhere; reads change nothing; `write` is sent again by the SDK until it has an answer, so it may be done
 * twice, and late; `once` is never sent again, so it may be done late, but not twice.
 */
export type Sending = 'pause' | 'read' | 'write' | 'once';

/** How much goes wrong: probabilities of each call. */
export interface Faults {
  /** Nothing is done, and the caller learns that it failed: throttled, or a server error. */
  refused: number;
  /** It is done, and the caller does not learn it. */
  replyLost: number;
  /** It is done after the caller has given up, some time later. */
  late: number;
  /** It is done, and then again: at once, when the SDK sends it again, or some time later. */
  twice: number;
  /** The caller dies before or after it is done. */
  crash: number;
}

export const noFaults: Faults = { refused: 0, replyLost: 0, late: 0, twice: 0, crash: 0 };

/** One for all: to make an error takes longer than all else that a call does. */
const failure = new StoreError('a simulated call', new Error('simulated'));

/** What can go wrong with a call. */
const faultsOf: Record<Sending, (keyof Faults)[]> = {
  pause: ['crash'],
  read: ['crash', 'refused'],
  once: ['crash', 'refused', 'replyLost', 'late'],
  write: ['crash', 'refused', 'replyLost', 'late', 'twice'],
};

interface Call {
  sending: Sending;
  run(): unknown;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * All calls of all actors to their store, one at a time and in any order. An actor waits at each call until the
 * network picks it; one that is never answered has died.
 */
export class Network {
  faults: Faults = noFaults;
  /** How many calls were done. */
  calls = 0;
  private waiting: Call[] = [];
  private late: (() => void)[] = [];
  private readonly random: Random;
  private readonly passTime: () => void;

  constructor(random: Random, passTime: () => void) {
    this.random = random;
    this.passTime = passTime;
  }

  call<Result>(sending: Sending, run: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ sending, run, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** Runs until every actor has ended, or died, and nothing is under way. */
  async drain(): Promise<void> {
    for (;;) {
      // Every actor goes on to its next call: ticks come after all promises, and cost less than a turn of the event loop.
      await new Promise<void>(resolve => process.nextTick(resolve));
      if (this.waiting.length === 0) {
        const next = this.late.shift();
        if (!next) return;
        next();
        continue;
      }
      this.passTime();
      if (this.late.length > 0 && this.random.chance(0.1)) {
        this.late.splice(Math.floor(this.random.next() * this.late.length), 1)[0]?.();
      }
      const index = Math.floor(this.random.next() * this.waiting.length);
      const call = this.waiting[index] as Call;
      this.waiting[index] = this.waiting.at(-1) as Call;
      this.waiting.pop();
      this.deliver(call);
    }
  }

  private deliver(call: Call): void {
    this.calls++;
    switch (this.pickFault(call.sending)) {
      case 'crash':
        if (this.random.chance(0.5)) call.run();
        break;
      case 'refused':
        call.reject(failure);
        break;
      case 'replyLost':
        call.run();
        call.reject(failure);
        break;
      case 'late':
        this.late.push(call.run);
        call.reject(failure);
        break;
      case 'twice': {
        const first = call.run();
        if (this.random.chance(0.5)) call.resolve(call.run());
        else {
          this.late.push(call.run);
          call.resolve(first);
        }
        break;
      }
      default:
        call.resolve(call.run());
    }
  }

  private pickFault(sending: Sending): keyof Faults | undefined {
    let dice = this.random.next();
    return faultsOf[sending].find(fault => {
      dice -= this.faults[fault];
      return dice < 0;
    });
  }
}
