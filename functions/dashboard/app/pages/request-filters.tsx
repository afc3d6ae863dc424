import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api } from '../api.ts';
import { useLoad } from '../load.ts';
import { Field } from '../ui/form.tsx';
import { Choice } from '../ui/page.tsx';
import { type Option, Select } from './select.tsx';
import type { RequestFilter } from './use-requests.ts';

const ranges = [
  { value: '1h', name: '1 h', ms: 3_600_000 },
  { value: '24h', name: '24 h', ms: 86_400_000 },
  { value: '7d', name: '7 d', ms: 7 * 86_400_000 },
  { value: '30d', name: '30 d', ms: 30 * 86_400_000 },
] as const;
const custom = 'custom';
/** Records are kept this long. */
const oldestMs = 90 * 86_400_000;

const outcomes = ['succeeded', 'failed', 'stream_failed', 'abandoned'] as const;
const outcomeNames = ['Succeeded', 'Failed', 'Stream broke off', 'Abandoned'];
const statuses = [200, 400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 504];

const nothingChosen = {
  text: '',
  endpointId: '',
  accessKeyId: '',
  provider: '',
  model: '',
  statusCode: '',
  outcome: '',
  range: '',
  startTime: '',
  endTime: '',
};

/** What is chosen, as the address of the page says it; empty where nothing is. */
export type Choices = typeof nothingChosen;

export function readChoices(query: Record<string, string>): Choices {
  const read = Object.keys(nothingChosen).map(name => [name, query[name] ?? '']);
  return Object.fromEntries(read) as Choices;
}

export function filterOf(choices: Choices, nowMs: number): RequestFilter {
  const { endpointId, accessKeyId, provider, model, statusCode, range, startTime, endTime } = choices;
  const outcome = outcomes.find(one => one === choices.outcome);
  const ms = ranges.find(({ value }) => value === (range || '24h'))?.ms ?? oldestMs;
  const [startMs, endMs] = [Date.parse(startTime), Date.parse(endTime)];
  return {
    text: choices.text,
    startMs: range === custom && !Number.isNaN(startMs) ? startMs : nowMs - ms,
    query: {
      ...(endpointId && { endpointId }),
      ...(accessKeyId && { accessKeyId }),
      ...(provider && { provider }),
      ...(model && { model }),
      ...(/^\d{1,3}$/.test(statusCode) && { statusCode: Number(statusCode) }),
      ...(outcome && { outcome }),
      ...(range === custom && !Number.isNaN(endMs) && { endTime: new Date(endMs).toISOString() }),
    },
  };
}

export function RequestFilters({
  choices,
  endpoints = new Map(),
  keys = new Map(),
}: {
  choices: Choices;
  endpoints: ReadonlyMap<string, string> | undefined;
  keys: ReadonlyMap<string, string> | undefined;
}) {
  const { route } = useLocation();
  const [text, setText] = useState(choices.text);
  const seen = useLoad(loadSeen, []);
  const choose = (part: Partial<Choices>) => {
    const given = Object.entries({ ...choices, ...part }).filter(([, value]) => value !== '');
    const search = new URLSearchParams(given).toString();
    route(`/dashboard/requests${search && '?'}${search}`, true);
  };
  useEffect(() => setText(choices.text), [choices.text]);
  useEffect(() => {
    if (text.trim() === choices.text) return;
    const timer = setTimeout(() => choose({ text: text.trim() }), 350);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="request-filters">
      <div class="filters filters-search">
        <Field label="Search">
          <input
            type="search"
            value={text}
            placeholder="Request id, model, error code"
            maxLength={300}
            onInput={event => setText(event.currentTarget.value)}
            onKeyDown={event => {
              if (event.key === 'Enter' && /^rq_\w+$/.test(text.trim())) route(`/dashboard/requests/${text.trim()}`);
            }}
          />
        </Field>
        <Choice
          label="Time range"
          value={choices.range || '24h'}
          options={[...ranges, { value: custom, name: 'From … to' }]}
          onChange={range => choose({ range, ...(range !== custom && { startTime: '', endTime: '' }) })}
        />
        {choices.range === custom && (
          <>
            <Moment label="From" value={choices.startTime} onChange={startTime => choose({ startTime })} />
            <Moment label="To" value={choices.endTime} onChange={endTime => choose({ endTime })} />
          </>
        )}
      </div>
      <div class="filters">
        <Select
          label="Endpoint"
          value={choices.endpointId}
          all="All endpoints"
          options={toOptions(endpoints)}
          onChange={endpointId => choose({ endpointId })}
        />
        <Select
          label="Key"
          value={choices.accessKeyId}
          all="All keys"
          options={toOptions(keys)}
          onChange={accessKeyId => choose({ accessKeyId })}
        />
        <Select
          label="Provider"
          value={choices.provider}
          all="All providers"
          options={seen.data?.providers ?? []}
          onChange={provider => choose({ provider })}
        />
        <Select
          label="Model"
          value={choices.model}
          all="All models"
          options={seen.data?.models ?? []}
          onChange={model => choose({ model })}
        />
        <Select
          label="Status"
          value={choices.statusCode}
          all="All statuses"
          options={statuses.map(status => ({ value: String(status), name: String(status) }))}
          onChange={statusCode => choose({ statusCode })}
        />
        <Select
          label="Outcome"
          value={choices.outcome}
          all="All outcomes"
          options={outcomes.map((value, index) => ({ value, name: outcomeNames[index] ?? value }))}
          onChange={outcome => choose({ outcome })}
        />
      </div>
    </div>
  );
}

/** A moment in the reader's zone, to the minute. */
function Moment({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  return (
    <Field label={label}>
      <input type="datetime-local" value={value} onChange={event => onChange(event.currentTarget.value)} />
    </Field>
  );
}

function toOptions(names: ReadonlyMap<string, string>): Option[] {
  return [...names].map(([value, name]) => ({ value, name })).sort((one, other) => one.name.localeCompare(other.name));
}

/** What answered while records are kept, whatever the catalog says by now. */
async function loadSeen(): Promise<{ providers: Option[]; models: Option[] }> {
  const startTime = new Date(Date.now() - oldestMs).toISOString();
  const [providers, models] = await Promise.all(
    (['provider', 'model'] as const).map(async groupBy => {
      const { groups } = await api.getUsageOverview({ query: { groupBy, startTime } });
      const names = groups.flatMap(({ group_key }) => (group_key && group_key !== '(other)' ? [group_key] : []));
      return names.sort().map(value => ({ value, name: value }));
    }),
  );
  return { providers: providers ?? [], models: models ?? [] };
}
