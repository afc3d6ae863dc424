import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Question {
  /** Name of the mistake to plant, if any. */
  mutation?: string;
  firstSeed: number;
  lastSeed: number;
}

/** The first schedule in which a rule broke, and which; undefined when none did. */
export type Answer = { seed: number; violation: string } | undefined;

/**
 * Runs schedules in a thread of its own: the test runner watches every promise of its own thread, and a simulation is
 * nothing but promises.
 */
export class Schedules {
  private readonly thread = new Worker(new URL('./thread.ts', import.meta.url));

  /** To be asked one question at a time. */
  async firstBroken(question: Question): Promise<Answer> {
    this.thread.postMessage(question);
    const [answer] = await once(this.thread, 'message');
    return answer;
  }

  async close(): Promise<void> {
    await this.thread.terminate();
  }
}
