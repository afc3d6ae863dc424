import type { Effort } from './options.ts';
import { cpuMs } from './processes.ts';
import { type BenchRow, row } from './report.ts';
import { median } from './statistics.ts';
import { callMany, type Subject, settled } from './subject.ts';
import type { Subjects } from './subjects.ts';

/**
 * Between requests of one client, long enough for what follows an answer: otherwise it would run beside the next request,
 * and two things at once on one core's two threads take longer than one after the other.
 */
const pauseMs = 5;

/** Processor time of one request, with what is done after its answer: the median over blocks of requests in turn. */
export async function cpuRows(
  { pipe, ownKeys, credits, portkey, behind }: Subjects,
  effort: Effort,
): Promise<BenchRow[]> {
  const blocks = new Map<Subject, number[]>(behind.map(subject => [subject, []]));
  for (const subject of behind) await callMany(subject, effort.warmUpRequests);
  for (let block = 0; block < effort.cpuBlocks; block++) {
    for (const [subject, values] of blocks) {
      await settled();
      const before = cpuMs(subject.pid);
      await callMany(subject, effort.cpuBlockRequests, 1, pauseMs);
      await settled(20);
      values.push((cpuMs(subject.pid) - before) / effort.cpuBlockRequests);
    }
  }
  const of = (subject: Subject) => median(blocks.get(subject) as number[]);
  const rows = [
    row('bare pipe, CPU a request', of(pipe), 'ms'),
    row('own keys, CPU a request', of(ownKeys), 'ms', 1.8 * of(pipe), ' (1.8 × pipe)'),
    row('with credits, CPU a request', of(credits), 'ms'),
  ];
  if (portkey) {
    rows.push(
      row('Portkey, CPU a request', of(portkey), 'ms'),
      row('own keys against Portkey, CPU', of(ownKeys) / of(portkey), '×', 0.4),
    );
  }
  return rows;
}
