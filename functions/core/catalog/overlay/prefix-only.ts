import type { OverlayProvider } from './overlay-model.ts';

/** Providers without a model table: clients reach their models as `provider:model`. */
export const prefixOnly: OverlayProvider[] = [
  {
    id: 'hyperbolic',
    displayName: 'Hyperbolic',
    baseUrl: 'https://api.hyperbolic.xyz/v1/',
    models: [],
  },
  {
    id: 'inceptionlabs',
    aliases: ['inception-labs', 'inception'],
    displayName: 'Inception Labs',
    // Stated at https://docs.inceptionlabs.ai and https://docs.litellm.ai/docs/providers/inception.
    baseUrl: 'https://api.inceptionlabs.ai/v1/',
    models: [],
  },
  {
    id: 'inference-net',
    aliases: ['inference.net', 'inference_net'],
    displayName: 'Inference.net',
    baseUrl: 'https://api.inference.net/v1/',
    models: [],
  },
  {
    id: 'openrouter',
    aliases: ['open-router'],
    displayName: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1/',
    keyPrefixes: ['sk-or-'],
    models: [],
  },
];
