import type { Effort } from './options.ts';
import type { Started } from './processes.ts';
import { type BenchRow, row } from './report.ts';
import { median } from './statistics.ts';
import { call, type Subject } from './subject.ts';

type Start = () => Promise<[Started, Subject]>;

/** Process start to the first byte of the first answer, of the bundled gateway and of a handler that does nothing. */
export async function coldStartRows(
  { coldStarts }: Effort,
  start: { empty: Start; ownKeys: Start },
): Promise<BenchRow[]> {
  const times = { empty: [] as number[], ownKeys: [] as number[] };
  for (let round = 0; round < coldStarts; round++) {
    times.empty.push(await measure(start.empty));
    times.ownKeys.push(await measure(start.ownKeys));
  }
  const [empty, ownKeys] = [median(times.empty), median(times.ownKeys)];
  return [
    row('cold start, empty handler', empty, 'ms'),
    row('cold start to first answer', ownKeys, 'ms', 250),
    row('cold start against empty handler', ownKeys / empty, '×', 3),
  ];
}

async function measure(start: Start): Promise<number> {
  const startedMs = performance.now();
  const [{ stop }, subject] = await start();
  const connectingMs = performance.now() - startedMs;
  const { firstMs } = await call(subject);
  await stop();
  return connectingMs + firstMs;
}
