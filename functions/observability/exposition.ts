type Labels = Record<string, string>;

/** A histogram as Prometheus wants it: how many values are at most a bound. */
export interface Cumulative {
  count: number;
  sum: number;
  upTo(bound: number): number;
}

/** Builds a page of metrics. @see https://prometheus.io/docs/instrumenting/exposition_formats/ for the text format */
export class Exposition {
  private readonly lines: string[] = [];

  get text(): string {
    return this.lines.join('');
  }

  counter(name: string, help: string, samples: [labels: Labels, value: number][]): void {
    this.head(name, help, 'counter');
    for (const [labels, value] of samples) this.sample(name, labels, value);
  }

  histogram(name: string, help: string, bounds: readonly number[], samples: [labels: Labels, value: Cumulative][]) {
    this.head(name, help, 'histogram');
    for (const [labels, { count, sum, upTo }] of samples) {
      for (const bound of bounds) this.sample(`${name}_bucket`, { ...labels, le: String(bound) }, upTo(bound));
      this.sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count);
      this.sample(`${name}_sum`, labels, sum);
      this.sample(`${name}_count`, labels, count);
    }
  }

  private head(name: string, help: string, type: 'counter' | 'histogram'): void {
    this.lines.push(`# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`);
  }

  private sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    this.lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`);
  }
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
