import { family, type OverlayModel, type OverlayProvider } from './overlay-model.ts';

/**
 * Input tokens of the dearest picture, after the rules of https://developers.openai.com/api/docs/guides/images-vision.
 * Older models cut a picture of at most 2048 × 768 pixels into tiles of 512, which makes eight at most.
 */
function tiles(base: number, perTile: number): Partial<OverlayModel> {
  return { imageTokensMax: base + 8 * perTile };
}

/** Newer models count patches of 32 pixels times a factor; their rounding may add a token. */
function patches(patchesMax: number, factor: number): Partial<OverlayModel> {
  return { imageTokensMax: Math.ceil(patchesMax * factor) + 1 };
}

/** Limits, surfaces and features are those of https://developers.openai.com/api/docs/models and its pages. */
const gpt = {
  authorId: 'openai',
  inputModalities: ['text', 'image'],
  features: ['tool-calling'],
  surfaces: ['chat-completions', 'responses'],
} satisfies Partial<OverlayModel>;

const reasoning = { ...gpt, features: ['tool-calling', 'reasoning'] } satisfies Partial<OverlayModel>;
const responsesOnly = { ...reasoning, surfaces: ['responses'] } satisfies Partial<OverlayModel>;
const textOnly = { inputModalities: ['text'] } satisfies Partial<OverlayModel>;

const current = [
  ...family({ ...reasoning, ...patches(30_000, 1.2), contextWindow: 1_050_000, outputTokensMax: 128_000 }, [
    { id: 'gpt-6-astra', displayName: 'GPT-6 Astra' },
    { id: 'gpt-6-sol', displayName: 'GPT-6 Sol' },
    { id: 'gpt-6-luna', displayName: 'GPT-6 Luna' },
    { id: 'gpt-5.6-sol', displayName: 'GPT-5.6 Sol', aliases: ['gpt-5.6'] },
    { id: 'gpt-5.6-terra', displayName: 'GPT-5.6 Terra' },
    { id: 'gpt-5.6-luna', displayName: 'GPT-5.6 Luna' },
  ]),
  ...family({ ...reasoning, ...patches(10_000, 1.2), contextWindow: 1_050_000, outputTokensMax: 128_000 }, [
    { id: 'gpt-5.5', displayName: 'GPT-5.5', aliases: ['gpt-5.5-2026-04-23'] },
    { id: 'gpt-5.4', displayName: 'GPT-5.4', aliases: ['gpt-5.4-2026-03-05'] },
  ]),
  ...family({ ...reasoning, contextWindow: 400_000, outputTokensMax: 128_000 }, [
    { id: 'gpt-5.4-mini', displayName: 'GPT-5.4 mini', aliases: ['gpt-5.4-mini-2026-03-17'], ...patches(10_000, 1.2) },
    { id: 'gpt-5.2', displayName: 'GPT-5.2', aliases: ['gpt-5.2-2025-12-11'], ...patches(6_144, 1.2) },
  ]),
  ...family({ ...responsesOnly, contextWindow: 1_050_000, outputTokensMax: 128_000 }, [
    { id: 'gpt-5.5-pro', displayName: 'GPT-5.5 Pro', aliases: ['gpt-5.5-pro-2026-04-23'] },
    { id: 'gpt-5.4-pro', displayName: 'GPT-5.4 Pro', aliases: ['gpt-5.4-pro-2026-03-05'] },
  ]),
  ...family({ ...responsesOnly, contextWindow: 400_000, outputTokensMax: 128_000 }, [
    { id: 'gpt-5.2-pro', displayName: 'GPT-5.2 Pro', aliases: ['gpt-5.2-pro-2025-12-11'] },
  ]),
];

/** An answer is a vector and has no tokens. */
const embeddings = family(
  { authorId: 'openai', ...textOnly, contextWindow: 8_192, outputTokensMax: 0, surfaces: ['embeddings'] },
  [
    { id: 'text-embedding-3-small', displayName: 'Text Embedding 3 Small' },
    { id: 'text-embedding-3-large', displayName: 'Text Embedding 3 Large' },
    { id: 'text-embedding-ada-002', displayName: 'Text Embedding Ada 002' },
  ],
);

/** @see https://developers.openai.com/api/docs/deprecations */
const deprecatedGpt = [
  ...family({ ...reasoning, contextWindow: 400_000, outputTokensMax: 128_000 }, [
    { id: 'gpt-5.4-nano', displayName: 'GPT-5.4 nano', aliases: ['gpt-5.4-nano-2026-03-17'], ...patches(10_000, 1.2) },
    {
      id: 'gpt-5.3-codex',
      displayName: 'GPT-5.3-Codex',
      aliases: ['GPT-5.3-Codex', 'gpt-5.3-Codex', 'gpt5.3-codex'],
      features: ['tool-calling', 'reasoning', 'coding'],
      surfaces: ['responses'],
    },
    { id: 'gpt-5.1', displayName: 'GPT-5.1', aliases: ['gpt-5.1-2025-11-13'], ...tiles(70, 140) },
    { id: 'gpt-5', displayName: 'GPT-5', aliases: ['gpt-5-2025-08-07'], ...tiles(70, 140) },
    {
      id: 'gpt-5-mini',
      displayName: 'GPT-5 mini',
      aliases: ['GPT-5 mini', 'gpt-5-mini-2025-08-07'],
      ...patches(6_144, 1.62),
    },
    {
      id: 'gpt-5-nano',
      displayName: 'GPT-5 nano',
      aliases: ['GPT-5 nano', 'gpt-5-nano-2025-08-07'],
      ...patches(6_144, 2.46),
    },
    {
      id: 'gpt-5-pro',
      displayName: 'GPT-5 Pro',
      aliases: ['gpt-5-pro-2025-10-06'],
      outputTokensMax: 272_000,
      surfaces: ['responses'],
    },
    {
      id: 'gpt-5-chat-latest',
      displayName: 'GPT-5 Chat',
      aliases: ['GPT-5 Chat'],
      features: ['tool-calling'],
      ...tiles(70, 140),
    },
  ]),
  ...family({ ...gpt, contextWindow: 1_047_576, outputTokensMax: 32_768 }, [
    { id: 'gpt-4.1', displayName: 'GPT-4.1', aliases: ['gpt-4.1-2025-04-14'], ...tiles(85, 170) },
    { id: 'gpt-4.1-mini', displayName: 'GPT-4.1 mini', aliases: ['gpt-4.1-mini-2025-04-14'], ...patches(6_144, 1.62) },
    { id: 'gpt-4.1-nano', displayName: 'GPT-4.1 nano', aliases: ['gpt-4.1-nano-2025-04-14'], ...patches(6_144, 2.46) },
  ]),
  ...family({ ...gpt, contextWindow: 128_000, outputTokensMax: 16_384 }, [
    {
      id: 'gpt-4o',
      displayName: 'GPT-4o',
      aliases: ['gpt-4-omni', 'gpt-4o-2024-05-13', 'gpt-4o-2024-08-06', 'gpt-4o-2024-11-20', 'chatgpt-4o-latest'],
      inputModalities: ['text', 'image', 'audio'],
      ...tiles(85, 170),
    },
    { id: 'gpt-4o-mini', displayName: 'GPT-4o mini', aliases: ['gpt-4o-mini-2024-07-18'], ...tiles(2_833, 5_667) },
    {
      id: 'gpt-4.5-preview',
      displayName: 'GPT-4.5 Preview',
      aliases: ['gpt-4.5', 'gpt-4.5-preview-2025-02-27'],
      ...tiles(85, 170),
    },
  ]),
  ...family({ ...gpt, contextWindow: 128_000, outputTokensMax: 4_096 }, [
    {
      id: 'gpt-4-turbo',
      displayName: 'GPT-4 Turbo',
      aliases: ['gpt-4-turbo-2024-04-09', 'gpt-4-turbo-preview', 'gpt-4-1106-preview', 'gpt-4-0125-preview'],
      ...tiles(85, 170),
    },
  ]),
  ...family({ ...gpt, ...textOnly }, [
    {
      id: 'gpt-4',
      displayName: 'GPT-4',
      aliases: ['gpt-4-0613', 'gpt-4-0314', 'gpt-4-32k'],
      contextWindow: 8_192,
      outputTokensMax: 8_192,
    },
    {
      id: 'gpt-3.5-turbo',
      displayName: 'GPT-3.5 Turbo',
      aliases: ['gpt-3.5-turbo-0125', 'gpt-3.5-turbo-16k'],
      contextWindow: 16_385,
      outputTokensMax: 4_096,
    },
    {
      id: 'gpt-3.5-turbo-instruct',
      displayName: 'GPT-3.5 Turbo Instruct',
      aliases: ['gpt-3.5-turbo-instruct-0914'],
      features: [],
      contextWindow: 4_096,
      outputTokensMax: 4_096,
      surfaces: ['completions'],
    },
  ]),
];

const deprecatedO = [
  ...family({ ...reasoning, contextWindow: 200_000, outputTokensMax: 100_000 }, [
    { id: 'o4-mini', displayName: 'o4-mini', aliases: ['o4-mini-2025-04-16'], ...patches(6_144, 1.72) },
    { id: 'o3', displayName: 'o3', aliases: ['o3-2025-04-16'], ...tiles(75, 150) },
    { id: 'o3-mini', displayName: 'o3-mini', aliases: ['o3-mini-2025-01-31'], ...textOnly },
    { id: 'o1', displayName: 'o1', aliases: ['o1-2024-12-17'], ...tiles(75, 150) },
  ]),
  ...family({ ...responsesOnly, contextWindow: 200_000, outputTokensMax: 100_000 }, [
    { id: 'o3-pro', displayName: 'o3-pro', aliases: ['o3-pro-2025-06-10'] },
    { id: 'o1-pro', displayName: 'o1-pro', aliases: ['o1-pro-2025-03-19'], ...tiles(75, 150) },
    {
      id: 'o3-deep-research',
      displayName: 'o3-deep-research',
      aliases: ['o3-deep-research-2025-06-26'],
      features: ['reasoning'],
    },
    {
      id: 'o4-mini-deep-research',
      displayName: 'o4-mini-deep-research',
      aliases: ['o4-mini-deep-research-2025-06-26'],
      features: ['reasoning'],
    },
  ]),
  ...family({ ...reasoning, ...textOnly, features: ['reasoning'], surfaces: ['chat-completions'] }, [
    {
      id: 'o1-mini',
      displayName: 'o1-mini',
      aliases: ['o1-mini-2024-09-12'],
      contextWindow: 128_000,
      outputTokensMax: 65_536,
    },
    {
      id: 'o1-preview',
      displayName: 'o1-preview',
      aliases: ['o1-preview-2024-09-12'],
      contextWindow: 128_000,
      outputTokensMax: 32_768,
    },
  ]),
];

/**
 * Without a tier the project's own applies, which may be a dearer one; without `store`, answers are kept where everybody
 * who shares the key could reach them.
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */
const standard = { service_tier: 'default', store: false };

export const openai: OverlayProvider = {
  id: 'openai',
  aliases: ['openAI', 'open-ai', 'open-AI'],
  displayName: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1/',
  outputLimit: 'max_completion_tokens',
  keyPrefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
  managed: true,
  managedMembers: { 'chat-completions': standard, responses: standard },
  models: [...current, ...embeddings, ...family({ deprecated: true }, [...deprecatedGpt, ...deprecatedO])],
};
