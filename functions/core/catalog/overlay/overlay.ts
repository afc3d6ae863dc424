import type { Author } from '../catalog.ts';
import { anthropic } from './anthropic.ts';
import { deepseek } from './deepseek.ts';
import { google } from './google.ts';
import { groq } from './groq.ts';
import { openai } from './openai.ts';
import type { OverlayProvider } from './overlay-model.ts';
import { prefixOnly } from './prefix-only.ts';

/** The day whose prices are taken. Move it forward to take up price changes that were announced with a date. */
export const pricedOn = '2026-11-24';

export const authors: readonly Author[] = [
  { id: 'anthropic', aliases: [], displayName: 'Anthropic' },
  { id: 'deepseek', aliases: [], displayName: 'DeepSeek' },
  { id: 'google', aliases: [], displayName: 'Google' },
  { id: 'meta', aliases: ['meta-llama'], displayName: 'Meta' },
  { id: 'moonshotai', aliases: [], displayName: 'Moonshot AI' },
  { id: 'openai', aliases: [], displayName: 'OpenAI' },
  { id: 'qwen', aliases: [], displayName: 'Qwen' },
];

export const providers: readonly OverlayProvider[] = [anthropic, deepseek, google, groq, openai, ...prefixOnly];
