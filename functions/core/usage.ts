/**
 * Tokens that one request used, by class, in one meaning for every provider: cached, written and audio tokens are part of
 * input; reasoning and audio tokens are part of output.
 */
export interface Usage {
  inputTokens: number;
  cachedInputTokens: number;
  /** Written to a cache that lives five minutes, or as long as the provider keeps it. */
  cacheWriteTokens: number;
  /** Written to a cache that lives an hour or longer. */
  cacheWriteLongTokens: number;
  inputAudioTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  outputAudioTokens: number;
}

export const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteLongTokens: 0,
  inputAudioTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  outputAudioTokens: 0,
};

/** More tokens than any model takes or gives; a provider that reports more is not believed. */
const tokensMax = 1_000_000_000;

/**
 * Makes a usage out of what a provider reported, whatever it was. The two wholes must be there: an answer of no tokens
 * is believed, a prompt of none is not, since there is no such prompt and some servers send zeros for what they do not
 * count. Parts that are missing or absurd are zero, and together they never exceed the whole they belong to.
 * @returns undefined when a whole is missing or not believable; then our own count decides
 */
export function usageFrom(reported: { [Class in keyof Usage]?: unknown }): Usage | undefined {
  const inputTokens = tokenCount(reported.inputTokens);
  const outputTokens = tokenCount(reported.outputTokens);
  if (!inputTokens || outputTokens === undefined) return undefined;
  let rest = inputTokens;
  const takeFromInput = (value: unknown): number => {
    const part = Math.min(tokenCount(value) ?? 0, rest);
    rest -= part;
    return part;
  };
  return {
    inputTokens,
    cachedInputTokens: takeFromInput(reported.cachedInputTokens),
    cacheWriteLongTokens: takeFromInput(reported.cacheWriteLongTokens),
    cacheWriteTokens: takeFromInput(reported.cacheWriteTokens),
    inputAudioTokens: takeFromInput(reported.inputAudioTokens),
    outputTokens,
    reasoningTokens: Math.min(tokenCount(reported.reasoningTokens) ?? 0, outputTokens),
    outputAudioTokens: Math.min(tokenCount(reported.outputAudioTokens) ?? 0, outputTokens),
  };
}

/** @returns undefined for anything that cannot be a number of tokens: negative, broken, text, absurdly large */
export function tokenCount(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= tokensMax
    ? (value as number)
    : undefined;
}
