import { family, type OverlayModel, type OverlayProvider } from './overlay-model.ts';

/** @see https://ai.google.dev/gemini-api/docs/models for limits */
const gemini = {
  authorId: 'google',
  inputModalities: ['text', 'image', 'audio', 'video', 'file'],
  features: ['tool-calling', 'reasoning'],
  contextWindow: 1_048_576,
  outputTokensMax: 65_536,
  surfaces: ['chat-completions'],
} satisfies Partial<OverlayModel>;

/**
 * Gemini 3 gives a picture 2,240 tokens at its highest resolution; older models cut it into any number of tiles.
 * @see https://ai.google.dev/gemini-api/docs/media-resolution
 */
const gemini3 = { ...gemini, imageTokensMax: 2_240 };

/** @see https://ai.google.dev/gemini-api/docs/deprecations for what is retired */
export const google: OverlayProvider = {
  id: 'google',
  aliases: ['Google', 'gemini'],
  displayName: 'Google',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai/',
  keyPrefixes: ['AIza'],
  models: [
    ...family(gemini3, [
      { id: 'gemini-3.8-flash', displayName: 'Gemini 3.8 Flash' },
      { id: 'gemini-3.1-pro-preview', displayName: 'Gemini 3.1 Pro Preview' },
      { id: 'gemini-3.7-flash', displayName: 'Gemini 3.7 Flash' },
      { id: 'gemini-3.6-flash', displayName: 'Gemini 3.6 Flash' },
      { id: 'gemini-3.5-flash-lite', displayName: 'Gemini 3.5 Flash-Lite' },
      { id: 'gemini-3.1-flash-lite', displayName: 'Gemini 3.1 Flash-Lite' },
      { id: 'gemini-3-flash-preview', displayName: 'Gemini 3 Flash Preview' },
    ]),
    ...family(gemini, [{ id: 'gemini-2.5-flash-lite', displayName: 'Gemini 2.5 Flash-Lite' }]),
    ...family({ ...gemini3, deprecated: true }, [
      { id: 'gemini-3.5-flash', displayName: 'Gemini 3.5 Flash' },
      { id: 'gemini-3-pro-preview', displayName: 'Gemini 3 Pro Preview', aliases: ['gemini-3', 'gemini-3-pro'] },
    ]),
    ...family({ ...gemini, deprecated: true }, [
      { id: 'gemini-2.5-pro', displayName: 'Gemini 2.5 Pro' },
      { id: 'gemini-2.5-flash', displayName: 'Gemini 2.5 Flash' },
    ]),
    ...family({ ...gemini, deprecated: true, features: ['tool-calling'], outputTokensMax: 8_192 }, [
      { id: 'gemini-2.0-flash', displayName: 'Gemini 2.0 Flash' },
      { id: 'gemini-2.0-flash-lite', displayName: 'Gemini 2.0 Flash-Lite' },
    ]),
  ],
};
