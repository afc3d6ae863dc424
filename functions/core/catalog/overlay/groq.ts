import { family, type OverlayModel, type OverlayProvider } from './overlay-model.ts';

const shared = {
  inputModalities: ['text'],
  contextWindow: 131_072,
  surfaces: ['chat-completions'],
} satisfies Partial<OverlayModel>;

const gptOss = { ...shared, authorId: 'openai', features: ['tool-calling', 'reasoning'] };
const llama = { ...shared, authorId: 'meta', deprecated: true };

/**
 * The product's table puts `meta-llama/` before two names that Groq's API knows without it; those are aliases here,
 * because a model's id is the name that the provider gets.
 * @see https://console.groq.com/docs/models for names and limits
 * @see https://console.groq.com/docs/deprecations for what is retired
 */
export const groq: OverlayProvider = {
  id: 'groq',
  aliases: ['groqcloud'],
  displayName: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  outputLimit: 'max_completion_tokens',
  keyPrefixes: ['gsk_'],
  models: [
    ...family({ ...gptOss, outputTokensMax: 131_072 }, [
      { id: 'openai/gpt-oss-120b', displayName: 'GPT OSS 120B' },
      { id: 'openai/gpt-oss-20b', displayName: 'GPT OSS 20B' },
    ]),
    ...family(gptOss, [
      { id: 'openai/gpt-oss-safeguard-20b', displayName: 'GPT OSS Safeguard 20B', outputTokensMax: 65_536 },
    ]),
    ...family({ ...shared, authorId: 'meta', contextWindow: 512, outputTokensMax: 512, unpriced: true }, [
      { id: 'meta-llama/llama-prompt-guard-2-22m', displayName: 'Llama Prompt Guard 2 22M' },
      { id: 'meta-llama/llama-prompt-guard-2-86m', displayName: 'Llama Prompt Guard 2 86M' },
    ]),
    ...family({ ...llama, features: ['tool-calling'] }, [
      {
        id: 'llama-3.3-70b-versatile',
        displayName: 'Llama 3.3 70B Versatile',
        aliases: ['meta-llama/llama-3.3-70b-versatile', 'llama-3.3-70b'],
        outputTokensMax: 32_768,
      },
      {
        id: 'llama-3.1-8b-instant',
        displayName: 'Llama 3.1 8B Instant',
        aliases: ['meta-llama/llama-3.1-8b-instant', 'llama-3.1-8b'],
        outputTokensMax: 131_072,
      },
    ]),
    ...family({ ...llama, inputModalities: ['text', 'image'] }, [
      {
        id: 'meta-llama/llama-4-maverick-17b-128e-instruct',
        displayName: 'Llama 4 Maverick 17B 128E Instruct',
        aliases: ['llama-4-maverick-17b-128e-instruct', 'llama-4-maverick-17b-128e'],
        features: ['tool-calling'],
        outputTokensMax: 8_192,
      },
      {
        id: 'meta-llama/llama-4-scout-17b-16e-instruct',
        displayName: 'Llama 4 Scout 17B 16E Instruct',
        aliases: ['llama-4-scout-17b-16e-instruct', 'llama-4-scout-17b-16e'],
        features: ['tool-calling'],
        outputTokensMax: 8_192,
      },
      { id: 'meta-llama/llama-guard-4-12b', displayName: 'Llama Guard 4 12B', outputTokensMax: 1_024 },
    ]),
    ...family({ ...shared, deprecated: true, features: ['tool-calling'] }, [
      {
        id: 'moonshotai/kimi-k2-instruct-0905',
        displayName: 'Kimi K2',
        aliases: ['kimi-k2', 'kimi-k2-instruct', 'kimi-k2-instruct-0905'],
        authorId: 'moonshotai',
        contextWindow: 262_144,
        outputTokensMax: 16_384,
      },
      {
        id: 'qwen/qwen3-32b',
        displayName: 'Qwen3-32B',
        authorId: 'qwen',
        features: ['tool-calling', 'reasoning'],
        outputTokensMax: 40_960,
      },
    ]),
  ],
};
