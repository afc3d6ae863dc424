import type { Datacenter } from '../../core/catalog/catalog.ts';
import { AiModels, AuthorView, ModelView, ProviderView } from './ai-models.ts';
import { type CelType, declareType, intOrNull } from './cel-type.ts';
import { toCelValue } from './metadata.ts';
import { MetricsView, metricsTypes } from './metrics-types.ts';
import { PricingView, pricingTypes } from './pricing-types.ts';

class DatacenterView {
  readonly datacenter: Datacenter;

  constructor(datacenter: Datacenter) {
    this.datacenter = datacenter;
  }
}

/** Every type of a model selection strategy, each after those its fields name. Texts that are not known are empty. */
export const aiTypes: readonly CelType[] = [
  ...pricingTypes,
  ...metricsTypes,
  declareType('Datacenter', 'a datacenter', DatacenterView, {
    country_code: ['string', ({ datacenter }) => datacenter.countryCode],
    region: ['string', ({ datacenter }) => datacenter.region],
  }),
  declareType('Model', 'a model', ModelView, {
    id: ['string', ({ facts }) => facts.model.id],
    id_aliases: ['list<string>', ({ facts }) => facts.model.aliases],
    provider_id: ['string', ({ facts }) => facts.provider.id],
    provider_id_aliases: ['list<string>', ({ facts }) => facts.provider.aliases],
    author_id: ['string', ({ facts }) => facts.model.authorId ?? ''],
    author_id_aliases: ['list<string>', ({ facts }) => facts.author?.aliases ?? []],
    display_name: ['string', ({ facts }) => facts.model.displayName],
    description: ['string', ({ facts }) => facts.model.description ?? ''],
    known: ['bool', ({ facts }) => facts.model.known ?? true],
    custom: ['bool', ({ facts }) => facts.model.custom ?? false],
    metadata: ['map<string, dyn>', ({ facts }) => facts.metadata],
    input_modalities: ['list<string>', ({ facts }) => facts.model.inputModalities],
    output_modalities: ['list<string>', ({ facts }) => facts.model.outputModalities],
    supported_features: ['list<string>', ({ facts }) => facts.model.features],
    max_context_window: ['dyn', ({ facts }) => intOrNull(facts.model.contextWindow)],
    max_output_tokens: ['dyn', ({ facts }) => intOrNull(facts.model.outputTokensMax)],
    parameter_count: ['dyn', ({ facts }) => intOrNull(facts.model.traits?.parameterCount)],
    quantization: ['string', ({ facts }) => facts.model.traits?.quantization ?? ''],
    data_training_policy: ['string', ({ facts }) => facts.model.traits?.dataTrainingPolicy ?? ''],
    data_retention_policy: ['string', ({ facts }) => facts.model.traits?.dataRetentionPolicy ?? ''],
    data_retention_days: ['dyn', ({ facts }) => intOrNull(facts.model.traits?.dataRetentionDays)],
    pricing: ['Pricing', ({ facts }) => new PricingView(facts.usd)],
    datacenters: ['list<Datacenter>', view => datacentersOf(view).map(datacenter => new DatacenterView(datacenter))],
    metrics: ['Metrics', ({ facts, ai }) => new MetricsView(facts.model, ai.metrics(facts.model))],
  }),
  declareType('Provider', 'a provider', ProviderView, {
    id: ['string', ({ provider }) => provider.id],
    id_aliases: ['list<string>', ({ provider }) => provider.aliases],
    display_name: ['string', ({ provider }) => provider.displayName],
    metadata: ['map<string, dyn>', ({ provider }) => toCelValue(provider.metadata ?? {})],
  }),
  declareType('Author', 'an author', AuthorView, {
    id: ['string', ({ author }) => author.id],
    id_aliases: ['list<string>', ({ author }) => author.aliases],
    display_name: ['string', ({ author }) => author.displayName],
  }),
  {
    name: 'AiModels',
    label: 'ai',
    wrapper: AiModels,
    fields: { models: 'list<Model>', providers: 'list<Provider>', authors: 'list<Author>' },
  },
];

export function datacentersOf({ facts }: ModelView): readonly Datacenter[] {
  return facts.model.traits?.datacenters ?? [];
}
