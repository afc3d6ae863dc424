import { tokenCount, type Usage, usageFrom } from '../../core/usage.ts';
import { isObject, type JsonObject, objectOf, objectsOf } from '../json-object.ts';

/**
 * Anthropic's `input_tokens` are only those that were neither read from a cache nor written to one; ours are all of them.
 * Summarising an old conversation is charged, but only listed among the iterations, not in the counts themselves.
 * @see https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
 * @see https://docs.anthropic.com/en/docs/build-with-claude/compaction#understanding-usage
 */
export function readMessageUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const counted = countsOf(usage);
  for (const iteration of objectsOf(usage.iterations)) {
    if (iteration.type === 'compaction') addTo(counted, countsOf(iteration));
  }
  const { plain, read, written, writtenLong, output } = counted;
  if (plain === undefined) return undefined;
  return usageFrom({
    inputTokens: plain + read + written + writtenLong,
    cachedInputTokens: read,
    cacheWriteTokens: written,
    cacheWriteLongTokens: writtenLong,
    outputTokens: output,
    reasoningTokens: objectOf(usage.output_tokens_details).thinking_tokens,
  });
}

/**
 * The usage of a stream, of which every event has a part: `message_start` the input, `message_delta` the output and, if it
 * has changed, the input. Counts are totals so far, so the newer one replaces the older, unless it cannot be believed.
 */
export function mergeMessageUsage(older: JsonObject, newer: JsonObject): JsonObject {
  const merged = { ...older };
  for (const [name, value] of Object.entries(newer)) {
    if (isObject(value) || Array.isArray(value) || tokenCount(value) !== undefined) merged[name] = value;
  }
  return merged;
}

interface Counts {
  plain: number | undefined;
  read: number;
  written: number;
  writtenLong: number;
  output: number | undefined;
}

/** Tokens written to caches are split by lifetime if the provider says so; the rest of them lives five minutes. */
function countsOf(usage: JsonObject): Counts {
  const lifetimes = objectOf(usage.cache_creation);
  const writtenLong = tokenCount(lifetimes.ephemeral_1h_input_tokens) ?? 0;
  const writtenShort = tokenCount(lifetimes.ephemeral_5m_input_tokens) ?? 0;
  const writtenAtAll = tokenCount(usage.cache_creation_input_tokens) ?? 0;
  return {
    plain: tokenCount(usage.input_tokens),
    read: tokenCount(usage.cache_read_input_tokens) ?? 0,
    written: Math.max(writtenShort, writtenAtAll - writtenLong),
    writtenLong,
    output: tokenCount(usage.output_tokens),
  };
}

function addTo(sum: Counts, { plain, read, written, writtenLong, output }: Counts): void {
  if (sum.plain !== undefined) sum.plain += plain ?? 0;
  if (sum.output !== undefined) sum.output += output ?? 0;
  sum.read += read;
  sum.written += written;
  sum.writtenLong += writtenLong;
}
