import type { Effort } from './options.ts';
import { type BenchRow, row } from './report.ts';
import { median } from './statistics.ts';
import { call, type Subject, settled } from './subject.ts';
import type { Subjects } from './subjects.ts';

const crowd = 100;

/** Events of the single streams: enough to be a stream. */
const fewEvents = 3;

/** Events of the crowd's answers, which last a second each. */
const manyEvents = 50;

/**
 * Added time to the first byte of a streamed answer: of one stream at a time, of streams that begin while a hundred
 * are running, and of a hundred that begin in the same instant. The last is a queue in front of one process, so a bare
 * pipe's is long too; a function answers one request at a time and never has one.
 */
export async function firstTokenRows(subjects: Subjects, effort: Effort): Promise<BenchRow[]> {
  const { pipe, ownKeys, portkey } = subjects;
  const inTurn = [subjects.direct, pipe, ownKeys, ...(portkey ? [portkey] : [])];
  for (const subject of inTurn) for (let sent = 0; sent < effort.singleStreams; sent++) await firstMs(subject);
  const one = await addedBy(inTurn, effort.singleStreams, async subject => [await firstMs(subject)]);
  const running = await addedBy(inTurn, effort.crowds, streamInTurns);
  const burst = await addedBy(inTurn, effort.bursts, subject =>
    Promise.all(Array.from({ length: crowd }, () => firstMs(subject))),
  );
  const rows: BenchRow[] = [];
  const shapes = [
    ['1 stream', one, 2],
    ['100 streams running', running, 15],
    ['100 streams at once', burst, undefined],
  ] as const;
  for (const [shape, added, limit] of shapes) {
    const ofPipe = added.get(pipe) as number;
    const ofOwnKeys = added.get(ownKeys) as number;
    rows.push(row(`bare pipe, added time to first token, ${shape}`, ofPipe, 'ms'));
    rows.push(row(`own keys, added time to first token, ${shape}`, ofOwnKeys, 'ms', limit));
    if (portkey) {
      const ofPortkey = added.get(portkey) as number;
      rows.push(row(`Portkey, added time to first token, ${shape}`, ofPortkey, 'ms'));
      rows.push(row(`own keys against Portkey, first token, ${shape}`, ofOwnKeys / ofPortkey, '×', 0.2));
    }
  }
  return rows;
}

/** Medians beyond the first subject's, which is the provider itself; all subjects in turn, `times` over. */
async function addedBy(
  inTurn: Subject[],
  times: number,
  measure: (subject: Subject) => Promise<number[]>,
): Promise<Map<Subject, number>> {
  const measured = new Map<Subject, number[]>(inTurn.map(subject => [subject, []]));
  for (let time = 0; time < times; time++) {
    for (const [subject, values] of measured) {
      values.push(...(await measure(subject)));
      await settled(20);
    }
  }
  const [direct = Number.NaN, ...others] = inTurn.map(subject => median(measured.get(subject) as number[]));
  return new Map(others.map((value, index) => [inTurn[index + 1] as Subject, value - direct]));
}

async function firstMs(subject: Subject, events = fewEvents): Promise<number> {
  return (await call(subject, { events })).firstMs;
}

/** A hundred clients that begin one after another and stream twice; the second streams begin among running ones. */
async function streamInTurns(subject: Subject): Promise<number[]> {
  const seconds = Array.from({ length: crowd }, async (_, client) => {
    await settled((client * 1_000) / crowd);
    await firstMs(subject, manyEvents);
    return firstMs(subject, manyEvents);
  });
  return Promise.all(seconds);
}
