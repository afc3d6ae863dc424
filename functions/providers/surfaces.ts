import { countTokens } from './anthropic/count-tokens.ts';
import { messages } from './anthropic/messages.ts';
import { chatCompletions } from './openai/chat-completions.ts';
import { completions } from './openai/completions.ts';
import { embeddings } from './openai/embeddings.ts';
import { responses } from './openai/responses.ts';
import { other } from './other.ts';
import type { Surface } from './surface.ts';

const surfacesByPath = new Map<string, Surface>([
  ['/v1/chat/completions', chatCompletions],
  ['/v1/completions', completions],
  ['/v1/responses', responses],
  ['/v1/embeddings', embeddings],
  ['/v1/messages', messages],
  ['/v1/messages/count_tokens', countTokens],
]);

/** Paths that models answer and that the gateway knows; the only ones for managed keys. */
export const surfacePaths = [...surfacesByPath.keys()];

/**
 * Names under `/v1/`. Neither empty nor dots alone nor written with escapes: such a path would be another one at the
 * provider than here, and could leave the provider's base URL.
 */
const otherPath = /^\/v1(?:\/(?!\.+(?:\/|$))[\w.:@~-]+)+$/;

/** The surface of a path; undefined for paths that are not under `/v1/` or that are no plain path. */
export function surfaceAt(path: string): Surface | undefined {
  return surfacesByPath.get(path) ?? (otherPath.test(path) ? other : undefined);
}
