import type { UsageRecord } from '../../store/usage.ts';
import type { Slot } from '../../store/written-records.ts';
import { callAttributes } from './gen-ai.ts';
import { deltaTemporality, type HistogramPoint, type Metric, toAttributes, unixNano } from './otlp.ts';

/** As the conventions ask. @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ */
const durationBounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokenBounds = Array.from({ length: 14 }, (_, power) => 4 ** power);

type Attributes = Parameters<typeof toAttributes>[0];

/** What the calls of one slot come to, as the two metrics of the GenAI conventions. */
export class CallHistograms {
  private readonly durations = new Histogram(durationBounds);
  private readonly tokens = new Histogram(tokenBounds);

  add(record: UsageRecord): void {
    for (const [index, attempt] of record.attempts.entries()) {
      const isServed = record.provider !== undefined && index === record.attempts.length - 1;
      const attributes = { ...callAttributes(record, attempt, isServed), 'tollgate.endpoint.id': record.endpointId };
      this.durations.add(attributes, attempt.totalMs / 1000);
      const { usage } = isServed ? record : attempt;
      if (!usage) continue;
      const { 'error.type': _, ...call } = attributes;
      this.tokens.add({ ...call, 'gen_ai.token.type': 'input' }, usage.inputTokens);
      this.tokens.add({ ...call, 'gen_ai.token.type': 'output' }, usage.outputTokens);
    }
  }

  /** @param slot the time that the numbers are of */
  metrics(slot: Slot): Metric[] {
    const metrics = [
      {
        name: 'gen_ai.client.operation.duration',
        description: 'GenAI operation duration.',
        unit: 's',
        points: this.durations.points(slot),
      },
      {
        name: 'gen_ai.client.token.usage',
        description: 'Number of input and output tokens used.',
        unit: '{token}',
        points: this.tokens.points(slot),
      },
    ];
    return metrics
      .filter(({ points }) => points.length > 0)
      .map(({ points, ...metric }) => ({
        ...metric,
        histogram: { dataPoints: points, aggregationTemporality: deltaTemporality },
      }));
  }
}

class Histogram {
  private readonly bounds: readonly number[];
  private readonly series = new Map<string, { attributes: Attributes; sum: number; counts: number[] }>();

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  add(attributes: Attributes, value: number): void {
    const key = JSON.stringify(attributes);
    const known = this.series.get(key);
    const one = known ?? { attributes, sum: 0, counts: new Array<number>(this.bounds.length + 1).fill(0) };
    if (!known) this.series.set(key, one);
    const bucket = this.bounds.findIndex(bound => value <= bound);
    const place = bucket === -1 ? this.bounds.length : bucket;
    one.counts[place] = (one.counts[place] ?? 0) + 1;
    one.sum += value;
  }

  points({ from, until }: Slot): HistogramPoint[] {
    return [...this.series.values()].map(({ attributes, sum, counts }) => ({
      attributes: toAttributes(attributes),
      startTimeUnixNano: unixNano(from * 1000),
      timeUnixNano: unixNano(until * 1000),
      count: String(counts.reduce((one, other) => one + other, 0)),
      sum,
      bucketCounts: counts.map(String),
      explicitBounds: this.bounds,
    }));
  }
}
