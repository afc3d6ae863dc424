import { useState } from 'preact/hooks';
import { api, type Model } from '../api.ts';
import { formatCount, formatShort } from '../format.ts';
import { useLoad } from '../load.ts';
import { Field } from '../ui/form.tsx';
import { Card, Page } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge, Copy } from '../ui/values.tsx';
import { Select } from './select.tsx';

type Filter = { text: string; provider: string; surface: string; feature: string };

const everything: Filter = { text: '', provider: '', surface: '', feature: '' };

/** The catalog: what every endpoint can call before its policy adds to it. */
export function Models() {
  const catalog = useLoad(loadCatalog, []);
  const [filter, setFilter] = useState(everything);
  const narrow = (part: Partial<Filter>) => setFilter({ ...filter, ...part });
  return (
    <Page
      title="Models"
      lead="Every model that an endpoint can call as it is, with the provider’s price in USD per million tokens. A policy can add models and providers of its own."
    >
      <Shown of={catalog}>
        {models => {
          const shown = models.filter(model => isWanted(model, filter));
          return (
            <>
              <div class="filters">
                <Field label="Search">
                  <input
                    type="search"
                    value={filter.text}
                    placeholder="Name or alias"
                    onInput={event => narrow({ text: event.currentTarget.value })}
                  />
                </Field>
                <Select
                  label="Provider"
                  value={filter.provider}
                  all="All providers"
                  options={namesIn(models, model => [model.provider])}
                  onChange={provider => narrow({ provider })}
                />
                <Select
                  label="Surface"
                  value={filter.surface}
                  all="All surfaces"
                  options={namesIn(models, model => model.surfaces)}
                  onChange={surface => narrow({ surface })}
                />
                <Select
                  label="Feature"
                  value={filter.feature}
                  all="All features"
                  options={namesIn(models, model => model.features)}
                  onChange={feature => narrow({ feature })}
                />
              </div>
              <Card>
                <p class="muted small" role="status">
                  {shown.length === models.length
                    ? `${formatCount(models.length)} models`
                    : `${formatCount(shown.length)} of ${formatCount(models.length)} models`}
                </p>
                {shown.length > 0 ? (
                  <Table label="Models" columns={columns} rows={shown} keyOf={model => model.id} />
                ) : (
                  <Empty
                    title="No model is like this"
                    action={
                      <button type="button" class="button" onClick={() => setFilter(everything)}>
                        Show all models
                      </button>
                    }
                  >
                    Take one of the filters out. A model that the catalog does not have can be called after a policy has
                    named it under <code>providers</code>.
                  </Empty>
                )}
              </Card>
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

async function loadCatalog(): Promise<Model[]> {
  const models: Model[] = [];
  for (let before: string | undefined; ; before = models.at(-1)?.id) {
    const page = await api.listModels({ query: { limit: 100, ...(before !== undefined && { before_id: before }) } });
    models.push(...page.models);
    if (page.next_page_uri === null || page.models.length === 0) return models;
  }
}

function namesIn(models: Model[], namesOf: (model: Model) => string[]) {
  return [...new Set(models.flatMap(namesOf))].sort().map(value => ({ value, name: value }));
}

function isWanted(model: Model, { text, provider, surface, feature }: Filter): boolean {
  const words = text.toLowerCase().split(/\s+/);
  const names = [model.id, model.display_name, model.author ?? '', ...model.aliases].join(' ').toLowerCase();
  return (
    words.every(word => names.includes(word)) &&
    (provider === '' || model.provider === provider) &&
    (surface === '' || model.surfaces.some(name => name === surface)) &&
    (feature === '' || model.features.includes(feature))
  );
}

const columns: Column<Model>[] = [
  {
    name: 'Model',
    cell: model => (
      <div class="model-name">
        <div class="name-line">
          <strong>{model.display_name}</strong>
          {model.deprecated && <Badge tone="warn">deprecated</Badge>}
          {!model.managed && <Badge>own key</Badge>}
        </div>
        <div class="model-id muted">
          <code>{model.id}</code>
          <Copy text={model.id} label={`Copy ${model.id}`} />
        </div>
      </div>
    ),
  },
  { name: 'Input, $/M', isNumber: true, cell: model => <Prices of={model} name="input" /> },
  { name: 'Cached, $/M', isNumber: true, isExtra: true, cell: model => <Prices of={model} name="cached_input" /> },
  { name: 'Output, $/M', isNumber: true, cell: model => <Prices of={model} name="output" /> },
  {
    name: 'Context',
    isNumber: true,
    isExtra: true,
    cell: model => (
      <>
        <Tokens count={model.context_window} />
        {model.max_output_tokens !== null && (
          <div class="muted small">
            answer <Tokens count={model.max_output_tokens} />
          </div>
        )}
      </>
    ),
  },
  {
    name: 'Features',
    isExtra: true,
    cell: model => <span class="muted small">{model.features.join(', ')}</span>,
  },
  {
    name: 'Surfaces',
    isExtra: true,
    cell: model => <span class="muted small">{model.surfaces.join(', ')}</span>,
  },
];

/** The price of a class, and below it what long prompts pay. */
function Prices({ of: { pricing }, name }: { of: Model; name: 'input' | 'cached_input' | 'output' }) {
  const price = pricing?.[name];
  if (!pricing || price === null || price === undefined) return <span class="muted">–</span>;
  return (
    <>
      {toDollars(price)}
      {pricing.tiers.map(tier => {
        const above = tier[name];
        return (
          above !== null && (
            <div
              key={tier.above_input_tokens}
              class="muted small"
              title={`Above ${formatCount(tier.above_input_tokens)} tokens of input`}
            >
              {toDollars(above)} over {formatShort(tier.above_input_tokens)}
            </div>
          )
        );
      })}
    </>
  );
}

/** Prices are compared, so they keep the digits they are listed with. */
function toDollars(price: string): string {
  return `$${price}`;
}

function Tokens({ count }: { count: number | null }) {
  if (count === null) return <span class="muted">–</span>;
  return <span title={`${formatCount(count)} tokens`}>{formatShort(count)}</span>;
}
