import { noUsage, tokenCount, type Usage, usageFrom } from '../../core/usage.ts';
import { isObject, objectOf } from '../json-object.ts';

/**
 * Usage of chat/completions, completions and embeddings, in the dialects of all providers that speak them.
 * @see https://platform.openai.com/docs/api-reference/chat/object
 * @see https://api-docs.deepseek.com/guides/kv_cache for `prompt_cache_hit_tokens`
 * @see https://openrouter.ai/docs/use-cases/usage-accounting for `cache_write_tokens`
 */
export function readChatUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const input = objectOf(usage.prompt_tokens_details);
  return readOpenAiUsage({
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    total: usage.total_tokens,
    cached: input.cached_tokens ?? usage.prompt_cache_hit_tokens,
    inputDetails: input,
    outputDetails: objectOf(usage.completion_tokens_details),
  });
}

/**
 * Here zeros are to be believed of a response that only carries on a program, for it asks no model.
 * @param askedModel whether a model wrote any of it
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */
export function readResponsesUsage(usage: unknown, askedModel: boolean): Usage | undefined {
  if (!isObject(usage)) return undefined;
  if (!askedModel && usage.input_tokens === 0 && usage.output_tokens === 0 && usage.total_tokens === 0) return noUsage;
  const input = objectOf(usage.input_tokens_details);
  return readOpenAiUsage({
    input: usage.input_tokens,
    output: usage.output_tokens,
    total: usage.total_tokens,
    cached: input.cached_tokens,
    inputDetails: input,
    outputDetails: objectOf(usage.output_tokens_details),
  });
}

/** @see https://platform.openai.com/docs/api-reference/embeddings/create: nothing is written, and the total is the input */
export function readEmbeddingsUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  return usageFrom({ inputTokens: tokenCount(usage.prompt_tokens) || usage.total_tokens, outputTokens: 0 });
}

interface ReportedUsage {
  input: unknown;
  output: unknown;
  total: unknown;
  cached: unknown;
  inputDetails: Record<string, unknown>;
  outputDetails: Record<string, unknown>;
}

/** Cached, written and audio tokens are part of the input; reasoning and audio tokens are part of the output. */
function readOpenAiUsage({ input, output, total, cached, inputDetails, outputDetails }: ReportedUsage) {
  const written = objectOf(inputDetails.cache_write_tokens_details);
  const writtenLong = tokenCount(written.ttl_12h_tokens) ?? 0;
  const writtenAtAll = tokenCount(inputDetails.cache_write_tokens) ?? 0;
  return usageFrom({
    inputTokens: input,
    cachedInputTokens: cached,
    cacheWriteLongTokens: writtenLong,
    cacheWriteTokens: Math.max(0, writtenAtAll - writtenLong),
    inputAudioTokens: inputDetails.audio_tokens,
    outputTokens: wholeOutput(input, output, total, outputDetails.reasoning_tokens),
    reasoningTokens: outputDetails.reasoning_tokens,
    outputAudioTokens: outputDetails.audio_tokens,
  });
}

/**
 * Google and xAI report the answer without the reasoning, which only their total includes, and charge both as output.
 * So what the total has beyond input and output is output; and reasoning that exceeds its whole is not in it.
 * @see https://ai.google.dev/gemini-api/docs/thinking#pricing
 */
function wholeOutput(input: unknown, output: unknown, total: unknown, reasoning: unknown): number | undefined {
  const [inputTokens, outputTokens, totalTokens] = [tokenCount(input), tokenCount(output), tokenCount(total)];
  if (inputTokens === undefined || outputTokens === undefined) return outputTokens;
  if (totalTokens !== undefined && totalTokens > inputTokens + outputTokens) return totalTokens - inputTokens;
  const reasoningTokens = tokenCount(reasoning) ?? 0;
  return reasoningTokens > outputTokens ? outputTokens + reasoningTokens : outputTokens;
}
