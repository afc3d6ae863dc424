import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { calcPrice } from '@pydantic/genai-prices';
import type { CatalogData, ModelData } from './catalog.ts';
import { type GenaiConditionalPrices, type GenaiPrices, laterPriceChanges, priceFromGenai } from './genai-price.ts';
import { authors, pricedOn, providers } from './overlay/overlay.ts';
import type { OverlayModel } from './overlay/overlay-model.ts';
import { priceJumps } from './price-jumps.ts';

export const generatedFile = new URL('./catalog.generated.json', import.meta.url);

/**
 * The catalog: everything of the overlay, with prices from genai-prices. The same inputs always make the same catalog.
 * @throws RangeError when a model has no price and is not marked `unpriced`, or has one although it is
 */
export function generateCatalog(): CatalogData {
  const contents = {
    authors,
    providers: providers.map(({ models, ...provider }) => ({
      ...provider,
      models: models.map(model => toModelData(provider.id, model)),
    })),
  };
  const digest = createHash('sha256').update(JSON.stringify(contents)).digest('hex');
  return { version: digest.slice(0, 12), ...contents };
}

export function formatCatalog(catalog: CatalogData): string {
  return `${JSON.stringify(catalog, null, 2)}\n`;
}

function toModelData(providerId: string, { unpriced = false, ...model }: OverlayModel): ModelData {
  const prices = genaiPrices(providerId, model.id);
  const price = prices ? priceFromGenai(prices, pricedOn) : null;
  if (unpriced !== (price === null)) {
    const problem = unpriced ? 'has a price now; drop' : 'has no price in genai-prices; correct its id or add';
    throw new RangeError(`${providerId}:${model.id} ${problem} "unpriced: true" in the overlay`);
  }
  const vision = model.inputModalities?.includes('image') ? ['vision'] : [];
  const { id, ...facts } = { ...model, features: [...(model.features ?? []), ...vision], price };
  return { id, ...Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function genaiPrices(providerId: string, modelId: string): GenaiPrices | GenaiConditionalPrices[] | undefined {
  return calcPrice({}, modelId, { providerId, timestamp: new Date(pricedOn) })?.model.prices;
}

/**
 * The text of the file to write in place of the committed one.
 * @throws RangeError when prices changed so much that someone should look, naming each with its old and new price
 */
export function nextCatalogText(committedText: string, generated: CatalogData, acceptJumps: boolean): string {
  const jumps = priceJumps(JSON.parse(committedText), generated);
  if (jumps.length > 0 && !acceptJumps) {
    throw new RangeError(
      `Prices changed more than threefold; if they are right, add --accept-jumps:\n${jumps.join('\n')}`,
    );
  }
  return formatCatalog(generated);
}

/** `npm run catalog` writes the file, `-- --check` only compares, `-- --accept-jumps` takes up prices that changed a lot. */
function main(options: string[]): void {
  const generated = generateCatalog();
  const committedText = readFileSync(generatedFile, 'utf8');
  if (options.includes('--check')) {
    if (committedText === formatCatalog(generated)) return;
    throw new Error('catalog.generated.json is not what its sources make; run npm run catalog');
  }
  writeFileSync(generatedFile, nextCatalogText(committedText, generated, options.includes('--accept-jumps')));
  console.log(`Wrote catalog ${generated.version} with the prices of ${pricedOn}.`);
  for (const name of changesAhead()) console.log(name);
}

function changesAhead(): string[] {
  const models = providers.flatMap(({ id, models }) => models.map(model => ({ providerId: id, modelId: model.id })));
  return models.flatMap(({ providerId, modelId }) => {
    const days = laterPriceChanges(genaiPrices(providerId, modelId) ?? {}, pricedOn);
    return days.length > 0 ? [`${providerId}:${modelId} has other prices from ${days.join(' and ')} on.`] : [];
  });
}

if (import.meta.main) main(process.argv.slice(2));
