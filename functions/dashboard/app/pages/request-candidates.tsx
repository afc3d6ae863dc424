import type { UsageRequest } from '../api.ts';
import { formatCount } from '../format.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Badge } from '../ui/values.tsx';

type Candidate = UsageRequest['candidates'][number];

const results: Record<Candidate['result'], { name: string; tone: 'good' | 'bad' | 'plain' | 'warn' }> = {
  served: { name: 'answered', tone: 'good' },
  failed: { name: 'failed', tone: 'bad' },
  not_reached: { name: 'not reached', tone: 'plain' },
  rejected: { name: 'dropped', tone: 'warn' },
};

const columns: Column<Candidate & { place: number }>[] = [
  { name: '#', isNumber: true, isExtra: true, cell: ({ place }) => <span class="muted">{place}</span> },
  {
    name: 'Model and why',
    cell: ({ model, reason }) => (
      <>
        <span class="break">{model}</span>
        <span class="break muted small">{reason}</span>
      </>
    ),
  },
  { name: 'Result', cell: ({ result }) => <Badge tone={results[result].tone}>{results[result].name}</Badge> },
];

/** Every model that could have answered, in order, and why it did or did not. */
export function Candidates({ of: { candidates } }: { of: UsageRequest }) {
  if (candidates.length === 0) {
    return <p class="muted">The request ended before any model was looked for.</p>;
  }
  const rows = candidates.map((candidate, index) => ({ ...candidate, place: index + 1 }));
  return <Table label="Candidates" columns={columns} rows={rows} keyOf={({ place }) => String(place)} />;
}

/** What each strategy of the policy made of the candidates, until one had models to try. */
export function Selections({ of: { model_selection } }: { of: UsageRequest }) {
  return (
    <ol class="selections">
      {model_selection.map(({ strategy, error, models_returned, models_to_try }) => (
        <li key={strategy}>
          <code class="break">{strategy}</code>
          {error !== null && <p class="problem small break">{error}</p>}
          <p class="small break">To be tried: {models_to_try.join(', ') || 'none of what it returned'}</p>
          <details class="small">
            <summary>It returned {formatCount(models_returned.length)} models</summary>
            <p class="muted break">{models_returned.join(', ') || 'none'}</p>
          </details>
        </li>
      ))}
    </ol>
  );
}
