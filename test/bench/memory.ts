import type { Effort } from './options.ts';
import { rssMb, type Started } from './processes.ts';
import { type BenchRow, row } from './report.ts';
import { median } from './statistics.ts';
import { callMany, type Subject } from './subject.ts';

type Start = () => Promise<[Started, Subject]>;

const samples = 20;

/** What a process may still gain in the second half of its requests and be called flat. */
const growthMbMax = 5;

/** Ten clients then make at most 500 requests a second, which the local store can keep up with. */
const pauseMs = 20;

/** Memory of a fresh process after many requests, ten at a time, and what it gained in their second half. */
export async function memoryRows(
  { memoryRequests }: Effort,
  start: { pipe: Start; ownKeys: Start; portkey?: Start },
): Promise<BenchRow[]> {
  const measure = async ([{ pid, stop }, subject]: [Started, Subject]) => {
    const sizes: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await callMany(subject, memoryRequests / samples, 10, pauseMs);
      sizes.push(rssMb(pid));
    }
    await stop();
    return sizes;
  };
  const pipe = await measure(await start.pipe());
  const ownKeys = await measure(await start.ownKeys());
  const portkey = start.portkey && (await measure(await start.portkey()));
  const growth = median(ownKeys.slice(-5)) - median(ownKeys.slice(samples / 2 - 5, samples / 2));
  return [
    row(`bare pipe, RSS after ${memoryRequests} requests`, pipe.at(-1) as number, 'MB'),
    row(`own keys, RSS after ${memoryRequests} requests`, ownKeys.at(-1) as number, 'MB', 110),
    row('own keys, growth in the second half', growth, 'MB', growthMbMax),
    ...(portkey ? [row(`Portkey, RSS after ${memoryRequests} requests`, portkey.at(-1) as number, 'MB')] : []),
  ];
}
