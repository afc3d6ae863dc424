import type { Effort } from './options.ts';
import { type BenchRow, row } from './report.ts';
import { median, steadyPercentile } from './statistics.ts';
import { call, callMany, type Subject, settled } from './subject.ts';
import type { Subjects } from './subjects.ts';

/** Milliseconds that a subject added to the direct call of the same round. */
type Added = Map<Subject, number[]>;

/** Added latency of a 10 KB body, one request at a time, in turn to the provider and to everything in front of it. */
export async function latencyRows(subjects: Subjects, effort: Effort): Promise<BenchRow[]> {
  const { pipe, ownKeys, credits, portkey } = subjects;
  const added = await measure(subjects, effort);
  const p50 = (subject: Subject) => median(added.get(subject) as number[]);
  const p99 = (subject: Subject) => steadyPercentile(added.get(subject) as number[], 0.99);
  const rows = [
    row('bare pipe, added p50', p50(pipe), 'ms'),
    row('bare pipe, added p99', p99(pipe), 'ms'),
    row('own keys, added p50', p50(ownKeys), 'ms', 2 * p50(pipe), ' (2 × pipe)'),
    row('own keys, added p99', p99(ownKeys), 'ms', 2 * p99(pipe), ' (2 × pipe)'),
    row('with credits, added p50', p50(credits), 'ms'),
    row('with credits, added p99', p99(credits), 'ms'),
  ];
  if (portkey) {
    rows.push(
      row('Portkey, added p50', p50(portkey), 'ms'),
      row('Portkey, added p99', p99(portkey), 'ms'),
      row('own keys against Portkey, p50', p50(ownKeys) / p50(portkey), '×', 0.5),
      row('own keys against Portkey, p99', p99(ownKeys) / p99(portkey), '×', 0.5),
    );
  }
  return rows;
}

async function measure({ direct, behind }: Subjects, { latencyRounds, warmUpRequests }: Effort): Promise<Added> {
  const inTurn = [direct, ...behind];
  for (const subject of inTurn) await callMany(subject, warmUpRequests);
  const added: Added = new Map(behind.map(subject => [subject, []]));
  for (let round = 0; round < latencyRounds; round++) {
    const totals = new Map<Subject, number>();
    for (let place = 0; place < inTurn.length; place++) {
      // Another one begins each round, so that none always follows the same neighbour.
      const subject = inTurn[(round + place) % inTurn.length] as Subject;
      totals.set(subject, (await call(subject)).totalMs);
      await settled();
    }
    for (const [subject, values] of added) {
      values.push((totals.get(subject) as number) - (totals.get(direct) as number));
    }
  }
  return added;
}
