/** A bucket's upper bound is a tenth above its lower one, so that its middle is at most 5 % from any value in it. */
const growth = 1.1;
const logOfGrowth = Math.log(growth);

/** As it is stored: `buckets` alternates a bucket's number and its count, in order. */
export interface StoredHistogram {
  sum: number;
  buckets: number[];
}

/**
 * How many values of about which size: sums and counts are exact, quantiles within 5 %. Only buckets that hold something
 * take space, and histograms of different moments and places can be merged.
 */
export class LogHistogram {
  sum = 0;
  count = 0;
  private readonly buckets = new Map<number, number>();

  static from({ sum, buckets }: StoredHistogram): LogHistogram {
    const histogram = new LogHistogram();
    histogram.sum = sum;
    for (let at = 0; at < buckets.length; at += 2) histogram.put(buckets[at] as number, buckets[at + 1] as number);
    return histogram;
  }

  /** @param value not negative; a whole number, so that sums are exact */
  add(value: number): void {
    this.sum += value;
    this.put(bucketOf(value), 1);
  }

  merge(other: LogHistogram): void {
    this.sum += other.sum;
    for (const [bucket, count] of other.buckets) this.put(bucket, count);
  }

  /** Undefined without values. */
  average(): number | undefined {
    return this.count === 0 ? undefined : this.sum / this.count;
  }

  /** The value below which this share of all values lies, such as 0.95; undefined without values. */
  quantile(share: number): number | undefined {
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (const [bucket, count] of this.sorted()) {
      seen += count;
      if (seen >= rank) return middleOf(bucket);
    }
    return undefined;
  }

  /** How many values are at most this, by the middles of their buckets. */
  countUpTo(limit: number): number {
    let counted = 0;
    for (const [bucket, count] of this.buckets) if (middleOf(bucket) <= limit) counted += count;
    return counted;
  }

  toJSON(): StoredHistogram {
    return { sum: this.sum, buckets: this.sorted().flat() };
  }

  private put(bucket: number, count: number): void {
    this.count += count;
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + count);
  }

  private sorted(): [bucket: number, count: number][] {
    return [...this.buckets].sort(([one], [other]) => one - other);
  }
}

/** Bucket 0 holds what is below 1. */
function bucketOf(value: number): number {
  return value < 1 ? 0 : 1 + Math.floor(Math.log(value) / logOfGrowth);
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : growth ** (bucket - 0.5);
}
