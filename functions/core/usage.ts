/**
 * Tokens that one request used, by class, in one meaning for every provider: cached, written and audio tokens are part of
 * input; reasoning and audio tokens are part of output.
 */
export interface Usage {
  inputTokens: number;
  cachedInputTokens: number;
  /** Written to a cache that lives five minutes. */
  cacheWriteTokens: number;
  /** Written to a cache that lives an hour. */
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
 * Makes a usage out of what a provider reported, whatever it was: missing counts are zero, and parts never exceed the
 * whole they belong to.
 * @returns undefined when neither input nor output is a believable count
 */
export function usageFrom(reported: { [Class in keyof Usage]?: unknown }): Usage | undefined {
  const input = tokenCount(reported.inputTokens);
  const output = tokenCount(reported.outputTokens);
  if (input === undefined && output === undefined) return undefined;
  const inputTokens = input ?? 0;
  const outputTokens = output ?? 0;
  const cachedInputTokens = Math.min(tokenCount(reported.cachedInputTokens) ?? 0, inputTokens);
  const uncached = inputTokens - cachedInputTokens;
  const cacheWriteLongTokens = Math.min(tokenCount(reported.cacheWriteLongTokens) ?? 0, uncached);
  return {
    inputTokens,
    cachedInputTokens,
    cacheWriteLongTokens,
    cacheWriteTokens: Math.min(tokenCount(reported.cacheWriteTokens) ?? 0, uncached - cacheWriteLongTokens),
    inputAudioTokens: Math.min(tokenCount(reported.inputAudioTokens) ?? 0, inputTokens),
    outputTokens,
    reasoningTokens: Math.min(tokenCount(reported.reasoningTokens) ?? 0, outputTokens),
    outputAudioTokens: Math.min(tokenCount(reported.outputAudioTokens) ?? 0, outputTokens),
  };
}

function tokenCount(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= tokensMax
    ? (value as number)
    : undefined;
}
