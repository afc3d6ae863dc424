import type { CatalogData, ModelData } from './catalog.ts';
import type { PriceClass } from './price.ts';
import type { PriceData, TierData } from './price-data.ts';

/** A price that changes by more than this factor is more likely a mistake in the list than a new price. */
const jumpFactor = 3;

/**
 * Price changes between two catalogs that a person should look at, one line each: `openai:gpt-4o output: 10.00 -> 100.00 USD`.
 * Models that are new or gone are none.
 */
export function priceJumps(before: CatalogData, after: CatalogData): string[] {
  const oldModels = modelsByName(before);
  return [...modelsByName(after)].flatMap(([name, model]) => {
    const oldPrice = oldModels.get(name)?.price;
    if (!oldPrice) return [];
    if (!model.price) return [`${name}: the price is gone`];
    return jumpsBetween(oldPrice, model.price).map(jump => `${name} ${jump}`);
  });
}

function modelsByName({ providers }: CatalogData): Map<string, ModelData> {
  const named = providers.flatMap(({ id, models = [] }) => models.map(model => [`${id}:${model.id}`, model] as const));
  return new Map(named);
}

function jumpsBetween(before: PriceData, after: PriceData): string[] {
  const bounds = new Set([before, after].flatMap(price => (price.tiers ?? []).map(tier => tier.aboveInputTokens)));
  return [0, ...bounds].flatMap(bound => {
    const [oldClasses, newClasses] = [classesAbove(before, bound), classesAbove(after, bound)];
    return classNames(oldClasses, newClasses).flatMap(name => {
      const [oldPrice, newPrice] = [priceOf(oldClasses, name), priceOf(newClasses, name)];
      if (newPrice <= oldPrice * jumpFactor && oldPrice <= newPrice * jumpFactor) return [];
      const where = bound === 0 ? name : `${name} above ${bound} tokens`;
      return [`${where}: ${oldPrice / 1e9} -> ${newPrice / 1e9} USD`];
    });
  });
}

function classesAbove(price: PriceData, bound: number): PriceData | TierData {
  return price.tiers?.findLast(tier => tier.aboveInputTokens <= bound) ?? price;
}

function classNames(...all: (PriceData | TierData)[]): PriceClass[] {
  const names = new Set(all.flatMap(classes => Object.keys(classes)));
  return [...names].filter(name => name !== 'tiers' && name !== 'aboveInputTokens') as PriceClass[];
}

/** A class without a price of its own costs what it is part of, so that a price that vanishes is a change too. */
function priceOf(classes: PriceData | TierData, name: PriceClass): number {
  return classes[name] ?? (name.startsWith('output') ? classes.output : classes.input);
}
