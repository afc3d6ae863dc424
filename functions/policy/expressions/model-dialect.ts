import type { ASTNode } from 'cel-js';
import type { AuthorView, ModelView, ProviderView } from './ai-models.ts';
import { aiTypes, datacentersOf } from './ai-types.ts';
import { callOf } from './ast.ts';
import { extendBase } from './base-environment.ts';
import type { Dialect } from './dialect.ts';
import { errorAt } from './error-at.ts';
import { EvaluationError } from './expression-error.ts';
import { readPath, toCelValue } from './metadata.ts';
import { suggest } from './near-names.ts';
import { registerRandom } from './pick-random.ts';
import { priceTypes } from './pricing-types.ts';
import { quote } from './quote.ts';
import { registerSortBy, sortAscending } from './sort-by.ts';

const environment = extendBase(aiTypes).registerVariable('ai', 'AiModels');

/** What `model_selection.strategy` is written in. */
export const modelDialect: Dialect = {
  environment,
  variables: ['ai'],
  types: aiTypes,
  functions: [
    ...['only', 'ignore', 'onlyProviders', 'ignoreProviders', 'onlyAuthors', 'ignoreAuthors'],
    ...['inRegion', 'inCountryCode', 'underCost', 'sortBy', 'random', 'randomize'],
    ...['get', 'getModel', 'getMetadata'],
  ],
  sparse: {
    fields: new Set(['Model.metadata', 'Provider.metadata']),
    functions: new Set(['getMetadata']),
    variables: new Set(),
  },
  checkNode,
};

/** The engine passes values of the types that the signature names. */
function register<Args extends unknown[]>(signature: string, handler: (...args: Args) => unknown): void {
  environment.registerFunction(signature, handler, { async: false });
}

registerRandom(environment, ['Model', 'Provider', 'Author']);
registerSortBy(environment);

type Named = ModelView | ProviderView | AuthorView;

for (const type of ['Model', 'Provider', 'Author']) {
  const ownNames = (item: Named) => item.names;
  register(`list<${type}>.only(list<string>): list<${type}>`, keepNamed(true, ownNames));
  register(`list<${type}>.ignore(list<string>): list<${type}>`, keepNamed(false, ownNames));
}

const providerNames = ({ facts }: ModelView) => facts.providerNames;
const authorNames = ({ facts }: ModelView) => facts.authorNames;
register('list<Model>.onlyProviders(list<string>): list<Model>', keepNamed(true, providerNames));
register('list<Model>.ignoreProviders(list<string>): list<Model>', keepNamed(false, providerNames));
register('list<Model>.onlyAuthors(list<string>): list<Model>', keepNamed(true, authorNames));
register('list<Model>.ignoreAuthors(list<string>): list<Model>', keepNamed(false, authorNames));

register('list<Model>.inRegion(string): list<Model>', (models: readonly ModelView[], region: string) =>
  models.filter(model => datacentersOf(model).some(datacenter => datacenter.region === region)),
);
register('list<Model>.inCountryCode(string): list<Model>', (models: readonly ModelView[], code: string) =>
  models.filter(model => datacentersOf(model).some(datacenter => datacenter.countryCode === code)),
);
for (const number of ['double', 'int', 'uint'])
  register(`list<Model>.underCost(string, ${number}): list<Model>`, underCost);
register('list<Model>.sortBy(string): list<Model>', (models: readonly ModelView[], field: string) => {
  if (field !== 'price') throw new EvaluationError(sortFields(field));
  return sortAscending(models, ({ facts }) => facts.usd.input);
});

for (const type of ['Provider', 'Author']) {
  register(`list<${type}>.get(string): ${type}`, (list: readonly Named[], name: string) => {
    const found = list.find(item => item.names.has(name.toLowerCase()));
    return found ?? missing(type.toLowerCase(), name);
  });
}
register('list<Model>.get(string, string): Model', findModel);
register('Provider.getModel(string): Model', ({ provider, ai }: ProviderView, name: string) =>
  findModel(ai.models, provider.id, name),
);

register('Model.getMetadata(string): dyn', ({ facts }: ModelView, path: string) => readPath(facts.metadata, path));
register('Provider.getMetadata(string): dyn', ({ provider }: ProviderView, path: string) =>
  readPath(toCelValue(provider.metadata ?? {}), path),
);

environment.registerOperator('Model == Model', (a: ModelView, b: ModelView) => a.facts.model === b.facts.model);
environment.registerOperator('Provider == Provider', (a: ProviderView, b: ProviderView) => a.provider === b.provider);
environment.registerOperator('Author == Author', (a: AuthorView, b: AuthorView) => a.author === b.author);

/** Keeps, or drops, what has one of the names; case does not matter, and the order stays. */
function keepNamed<Item>(keep: boolean, namesOf: (item: Item) => ReadonlySet<string>) {
  return (list: readonly Item[], names: readonly string[]) => {
    const wanted = new Set(names.map(name => name.toLowerCase()));
    return list.filter(item => keep === hasOneOf(namesOf(item), wanted));
  };
}

function hasOneOf(names: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  for (const name of names) if (wanted.has(name)) return true;
  return false;
}

/** Strictly below; a model without such a price is under no cost. */
function underCost(models: readonly ModelView[], type: string, max: number | bigint | object): ModelView[] {
  const priceOf = priceTypes.get(type);
  if (!priceOf) throw new EvaluationError(noPriceType(type));
  return models.filter(({ facts }) => {
    const usd = priceOf(facts.usd);
    return usd !== null && usd < Number(max);
  });
}

function findModel(models: readonly ModelView[], providerName: string, name: string): ModelView {
  const provider = providerName.toLowerCase();
  const id = name.toLowerCase();
  const found = models.find(model => model.names.has(id) && model.facts.providerNames.has(provider));
  return found ?? missing('model', `${providerName}:${name}`);
}

function missing(kind: string, name: string): never {
  throw new EvaluationError(`No such ${kind}: ${quote(name)}`);
}

function checkNode(node: ASTNode): void {
  const call = callOf(node);
  const [first] = call?.args ?? [];
  if (!call || first?.op !== 'value' || typeof first.args !== 'string') return;
  if (call.name === 'sortBy' && call.args.length === 1 && first.args !== 'price') {
    throw errorAt('type', sortFields(first.args), first);
  }
  if (call.name === 'underCost' && !priceTypes.has(first.args)) throw errorAt('type', noPriceType(first.args), first);
}

function sortFields(field: string): string {
  return `sortBy knows no field ${quote(field)}; write sortBy('price'), or an expression as in sortBy(m, m.pricing.output)`;
}

function noPriceType(type: string): string {
  return `underCost knows no price ${quote(type)}; ${suggest(type, priceTypes.keys())}`;
}
