import { createTokenCounter, type TokenCounter } from '../core/tokens/count-tokens.ts';
import { type EncodingName, encodingForModel } from '../core/tokens/encodings.ts';
import { loadTokenTable } from './token-tables.ts';

const counters = new Map<EncodingName, TokenCounter>();

/** Counts a text's tokens as a model would; the table is read at the first count. */
export function countTokens(modelId: string, text: string): number {
  const encoding = encodingForModel(modelId);
  let counter = counters.get(encoding);
  if (!counter) {
    counter = createTokenCounter(loadTokenTable(encoding));
    counters.set(encoding, counter);
  }
  return counter.count(text);
}
