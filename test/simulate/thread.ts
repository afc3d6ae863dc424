import { parentPort } from 'node:worker_threads';
import { mutations } from './mutations.ts';
import { runSchedule } from './run-schedule.ts';
import type { Answer, Question } from './schedules.ts';

/** Answers each question in turn; see `Schedules`. */
parentPort?.on('message', async ({ mutation, firstSeed, lastSeed }: Question) => {
  let answer: Answer;
  for (let seed = firstSeed; answer === undefined && seed <= lastSeed; seed++) {
    const { violation } = await runSchedule(seed, mutation === undefined ? undefined : mutations[mutation]);
    if (violation !== undefined) answer = { seed, violation };
  }
  parentPort?.postMessage(answer);
});
