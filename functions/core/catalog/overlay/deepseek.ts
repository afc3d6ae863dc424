import { family, type OverlayModel, type OverlayProvider } from './overlay-model.ts';

const shared = {
  authorId: 'deepseek',
  inputModalities: ['text'],
  surfaces: ['chat-completions'],
} satisfies Partial<OverlayModel>;

/**
 * DeepSeek charges more at certain hours; the catalog holds the dearer price.
 * @see https://api-docs.deepseek.com/quick_start/pricing
 */
export const deepseek: OverlayProvider = {
  id: 'deepseek',
  aliases: ['DeepSeek', 'deep-seek'],
  displayName: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com',
  models: [
    ...family(
      { ...shared, features: ['tool-calling', 'reasoning'], contextWindow: 1_048_576, outputTokensMax: 393_216 },
      [
        { id: 'deepseek-v4-pro', displayName: 'DeepSeek V4 Pro' },
        { id: 'deepseek-v4-flash', displayName: 'DeepSeek V4 Flash' },
      ],
    ),
    ...family({ ...shared, deprecated: true, contextWindow: 128_000 }, [
      {
        id: 'deepseek-reasoner',
        displayName: 'DeepSeek Reasoner',
        features: ['tool-calling', 'reasoning'],
        outputTokensMax: 64_000,
      },
      { id: 'deepseek-chat', displayName: 'DeepSeek Chat', features: ['tool-calling'], outputTokensMax: 8_192 },
    ]),
  ],
};
