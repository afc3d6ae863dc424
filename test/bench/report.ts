/** One measurement beside its limit, ready to print. */
export interface BenchRow {
  what: string;
  measured: string;
  budget: string;
  /** Undefined when nothing limits it. */
  ok: boolean | undefined;
}

/** @param reason where the limit comes from, when it is not the design's own figure */
export function row(what: string, measured: number, unit: string, limit?: number, reason = ''): BenchRow {
  const text = `${measured.toFixed(2)} ${unit}`;
  if (limit === undefined) return { what, measured: text, budget: '–', ok: undefined };
  return { what, measured: text, budget: `≤ ${limit.toFixed(2)} ${unit}${reason}`, ok: measured <= limit };
}

export function formatTable(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ what, measured, budget, ok }) => {
    const verdict = ok === undefined ? '' : ok ? 'ok' : 'MISSED';
    return `| ${what} | ${measured} | ${budget} | ${verdict} |`;
  });
  return ['| what | measured | budget | |', '|---|---|---|---|', ...lines].join('\n');
}
