import { family, type OverlayModel, type OverlayProvider } from './overlay-model.ts';

/**
 * A picture is scaled down until it has at most 1,568 patches, since Claude 4.7 at most 4,784; each costs a token.
 * Bills measured over the API exceed that by up to 36 tokens, so there is room for 64.
 * @see https://platform.claude.com/docs/en/build-with-claude/vision
 */
const standardImage = { imageTokensMax: 1_568 + 64 };
const largeImage = { imageTokensMax: 4_784 + 64 };

/** @see https://platform.claude.com/docs/en/api/openai-sdk for the chat-completions surface */
const claude = {
  authorId: 'anthropic',
  inputModalities: ['text', 'image'],
  features: ['tool-calling', 'reasoning'],
  surfaces: ['messages', 'chat-completions'],
} satisfies Partial<OverlayModel>;

/**
 * @see https://platform.claude.com/docs/en/models/overview for limits
 * @see https://platform.claude.com/docs/en/about-claude/model-deprecations for what is retired
 */
const current = [
  ...family({ ...claude, ...largeImage, contextWindow: 1_000_000, outputTokensMax: 128_000 }, [
    { id: 'claude-opus-5-5', displayName: 'Claude Opus 5.5' },
    { id: 'claude-sonnet-5', displayName: 'Claude Sonnet 5' },
    { id: 'claude-fable-5-1', displayName: 'Claude Fable 5.1' },
    { id: 'claude-fable-5', displayName: 'Claude Fable 5' },
    { id: 'claude-opus-5', displayName: 'Claude Opus 5' },
    { id: 'claude-opus-4-8', displayName: 'Claude Opus 4.8' },
    { id: 'claude-opus-4-7', displayName: 'Claude Opus 4.7' },
  ]),
  ...family({ ...claude, ...standardImage, contextWindow: 1_000_000, outputTokensMax: 128_000 }, [
    { id: 'claude-opus-4-6', displayName: 'Claude Opus 4.6', aliases: ['claude-opus-4-6-20260205'] },
    { id: 'claude-sonnet-4-6', displayName: 'Claude Sonnet 4.6', aliases: ['claude-sonnet-4-6-20260217'] },
  ]),
  ...family({ ...claude, ...standardImage, contextWindow: 200_000, outputTokensMax: 64_000 }, [
    { id: 'claude-haiku-4-5', displayName: 'Claude Haiku 4.5', aliases: ['claude-haiku-4-5-20251001'] },
    { id: 'claude-opus-4-5', displayName: 'Claude Opus 4.5', aliases: ['claude-opus-4-5-20251101'] },
  ]),
];

const retired = { ...claude, ...standardImage, deprecated: true, contextWindow: 200_000 };
const deprecated = [
  ...family({ ...retired, contextWindow: 1_000_000, outputTokensMax: 64_000 }, [
    { id: 'claude-sonnet-4-5', displayName: 'Claude Sonnet 4.5', aliases: ['claude-sonnet-4-5-20250929'] },
    {
      id: 'claude-sonnet-4-0',
      displayName: 'Claude Sonnet 4',
      aliases: ['claude-sonnet-4-20250514', 'claude-sonnet-4'],
    },
  ]),
  ...family({ ...retired, outputTokensMax: 32_000 }, [
    { id: 'claude-opus-4-1', displayName: 'Claude Opus 4.1', aliases: ['claude-opus-4-1-20250805', 'claude-opus-4.1'] },
    { id: 'claude-opus-4-0', displayName: 'Claude Opus 4', aliases: ['claude-opus-4-20250514', 'claude-opus-4'] },
  ]),
  ...family(retired, [
    {
      id: 'claude-3-7-sonnet-20250219',
      displayName: 'Claude Sonnet 3.7',
      aliases: ['claude-3-7-sonnet-latest', 'claude-3-7-sonnet', 'claude-sonnet-3-7', 'sonnet-3.7'],
      outputTokensMax: 128_000, // with the header `anthropic-beta: output-128k-2025-02-19`
    },
  ]),
  ...family({ ...retired, features: ['tool-calling'], outputTokensMax: 8_192 }, [
    {
      id: 'claude-3-5-sonnet-20241022',
      displayName: 'Claude Sonnet 3.5',
      aliases: ['claude-3-5-sonnet-latest', 'claude-3-5-sonnet', 'claude-sonnet-3-5'],
    },
    { id: 'claude-3-5-sonnet-20240620', displayName: 'Claude Sonnet 3.5 (June 2024)' },
    {
      id: 'claude-3-5-haiku-20241022',
      displayName: 'Claude Haiku 3.5',
      aliases: ['claude-3-5-haiku-latest', 'claude-3-5-haiku', 'claude-haiku-3-5'],
    },
  ]),
  ...family({ ...retired, features: ['tool-calling'], outputTokensMax: 4_096 }, [
    {
      id: 'claude-3-opus-20240229',
      displayName: 'Claude Opus 3',
      aliases: ['claude-3-opus-latest', 'claude-3-opus', 'claude-opus-3'],
    },
    { id: 'claude-3-sonnet-20240229', displayName: 'Claude Sonnet 3', aliases: ['claude-3-sonnet'] },
    { id: 'claude-3-haiku-20240307', displayName: 'Claude Haiku 3', aliases: ['claude-haiku-3', 'claude-3-haiku'] },
  ]),
];

export const anthropic: OverlayProvider = {
  id: 'anthropic',
  aliases: ['Anthropic'],
  displayName: 'Anthropic',
  baseUrl: 'https://api.anthropic.com/v1/',
  keyPrefixes: ['sk-ant-'],
  formats: ['openai', 'anthropic'],
  managed: true,
  models: [...current, ...deprecated],
};
