import type { Explanation } from '../../api.ts';
import { Card, Figure } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Badge, Usd } from '../../ui/values.tsx';

export function ExplanationView({ of }: { of: Explanation }) {
  const [first] = of.candidates;
  return (
    <>
      {of.error && (
        <div class="note note-bad" role="alert">
          <div>
            <p>
              It would be refused with {of.error.status}: {of.error.message}
            </p>
            <p class="small">{of.error.code}</p>
          </div>
        </div>
      )}
      <div class="figures">
        <Figure name="Answered by" value={of.answered_by ?? 'no rule'} detail={of.surface ?? 'no model API'} />
        <Figure
          name="First candidate"
          value={<span class="long">{first?.model ?? 'none'}</span>}
          detail={first && `${first.provider}, ${of.candidates.length} in all`}
        />
        <Figure name="Held before it" value={<Usd amount={of.hold_usd} />} detail="an estimate" />
      </div>
      <Card title="Rules">
        {of.rules.length === 0 ? (
          <p class="muted">This policy has no conditions: each request goes to its models.</p>
        ) : (
          <ol class="rules">
            {of.rules.map((rule, index) => (
              <li key={`${index} ${rule.rule}`}>
                <div class="rule-head">
                  <code>{rule.rule}</code>
                  <Badge tone={rule.error ? 'bad' : rule.applies ? 'good' : 'plain'}>
                    {rule.error ? 'refuses' : rule.applies ? 'applies' : 'does not apply'}
                  </Badge>
                </div>
                {rule.error && <p class="problem">{rule.error}</p>}
                {rule.actions.map(({ type, what }, place) => (
                  <p key={`${place} ${type}`}>
                    <code class="strong">{type}</code> <span class="muted">{what}</span>
                  </p>
                ))}
              </li>
            ))}
          </ol>
        )}
      </Card>
      <Card title="Candidates, in the order in which they would be tried">
        {of.candidates.length === 0 ? (
          <Empty title="No model would be asked">
            {of.dropped.length > 0 ? 'Why is below.' : 'A rule answers, or the request is refused before.'}
          </Empty>
        ) : (
          <Table
            label="Candidates"
            columns={candidateColumns}
            rows={of.candidates.map((candidate, index) => ({ ...candidate, place: index + 1 }))}
            keyOf={({ place }) => String(place)}
          />
        )}
      </Card>
      {of.dropped.length > 0 && (
        <Card title={`Dropped, ${of.dropped.length} in all`}>
          <Table
            label="Dropped"
            columns={droppedColumns}
            rows={of.dropped}
            keyOf={({ model, reason }) => `${model} ${reason}`}
          />
        </Card>
      )}
      {of.model_selection.length > 0 && (
        <Card title="What the strategies did">
          <ol class="rules">
            {of.model_selection.map(({ strategy, error, candidates_returned, models_to_try }) => (
              <li key={strategy}>
                <code>{strategy}</code>
                {error !== null && <p class="problem">{error}</p>}
                <p class="muted">
                  Returned {candidates_returned.length}: <Names of={candidates_returned} />
                </p>
                <p class="muted">
                  To try: <Names of={models_to_try} />
                </p>
              </li>
            ))}
          </ol>
        </Card>
      )}
    </>
  );
}

const namesMax = 8;

function Names({ of }: { of: readonly string[] }) {
  if (of.length === 0) return <>none</>;
  const rest = of.length - namesMax;
  return (
    <span title={rest > 0 ? of.join('\n') : undefined}>
      {of.slice(0, namesMax).join(', ')}
      {rest > 0 && ` and ${rest} more`}
    </span>
  );
}

type Candidate = Explanation['candidates'][number] & { place: number };

const candidateColumns: Column<Candidate>[] = [
  { name: '#', cell: ({ place }) => <span class="muted">{place}</span> },
  {
    name: 'Model',
    cell: ({ model, provider, known, base_url }) => (
      <>
        <span class="strong">{model}</span> {!known && <Badge tone="warn">not in the catalog</Badge>}
        <div class="muted small" title={base_url}>
          {provider}
        </div>
      </>
    ),
  },
  { name: 'Keys', cell: ({ keys }) => (keys.length === 0 ? <span class="muted">none</span> : keys.join(', ')) },
  {
    name: 'Changes of the body',
    isExtra: true,
    cell: ({ set, removed }) => {
      const names = Object.keys(set);
      if (names.length + removed.length === 0) return <span class="muted">none</span>;
      return (
        <>
          {names.map(name => (
            <div key={name}>
              <code>
                {name}: {JSON.stringify(set[name])}
              </code>
            </div>
          ))}
          {removed.length > 0 && <div>without {removed.join(', ')}</div>}
        </>
      );
    },
  },
  { name: 'Costs at most', isNumber: true, cell: ({ cost_at_most_usd }) => <Usd amount={cost_at_most_usd} /> },
];

const droppedColumns: Column<Explanation['dropped'][number]>[] = [
  { name: 'Model', cell: ({ model }) => <code>{model}</code> },
  { name: 'Why', cell: ({ reason }) => reason },
];
