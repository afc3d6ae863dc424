import { chatCompletions } from './openai/chat-completions.ts';
import type { Surface } from './surface.ts';

const surfacesByPath: Record<string, Surface> = { '/v1/chat/completions': chatCompletions };

/** Paths that models answer. */
export const surfacePaths = Object.keys(surfacesByPath);

export function surfaceAt(path: string): Surface | undefined {
  return Object.hasOwn(surfacesByPath, path) ? surfacesByPath[path] : undefined;
}
