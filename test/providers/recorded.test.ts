import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noUsage, type Usage } from '../../functions/core/usage.ts';
import type { Surface } from '../../functions/providers/surface.ts';
import { surfaceAt } from '../../functions/providers/surfaces.ts';
import { readStream, toSse } from '../support/sse.ts';

/**
 * Answers as real providers sent them, where somebody has them: whole answers in `*.json`, payloads of stream events,
 * one a line, in `*.chunks.txt`, both in folders by provider. They are not part of this project.
 */
const folder = process.env.TOLLGATE_RECORDED ?? fileURLToPath(new URL('../../../shared/recorded', import.meta.url));

/** Answers without usage, and why they have none. */
const withoutUsage: Record<string, string> = {
  'anthropic/anthropic-skill-create.json': 'a created skill, not an answer of a model',
  'openai/openai-image-edit.json': 'a picture of a model that is paid by the picture',
  'openai/openai-error.1.chunks.txt': 'an error in place of an answer',
  'openai/parallel-tool-call-wrapper.1.chunks.txt': 'a last event that lacks a brace and so is not JSON',
  'openai/openai-realtime-speech-translation.chunks.txt': 'events of a session that reports no usage',
  'openai/reasoning-model-temperature-error.json': 'an error in place of an answer',
};

/** Read by eye from the recordings. */
const known: Record<string, Partial<Usage>> = {
  'anthropic/anthropic-text.chunks.txt': { inputTokens: 12, outputTokens: 30 },
  'anthropic/duplicate-message-start.chunks.txt': { inputTokens: 17, outputTokens: 227 },
  'anthropic/anthropic-message-delta-input-tokens.chunks.txt': { inputTokens: 61, outputTokens: 2 },
  'anthropic/anthropic-claude-opus-5-reasoning-high.1.json': {
    inputTokens: 51,
    outputTokens: 1699,
    reasoningTokens: 139,
  },
  // 612 + 60385 and 2819 + 522: the conversation was summarised on the way
  'anthropic/anthropic-compaction.1.chunks.txt': { inputTokens: 60_997, outputTokens: 3_341 },
  'deepseek/deepseek-json.json': { inputTokens: 495, cachedInputTokens: 320, outputTokens: 144, reasoningTokens: 118 },
  'groq/groq-reasoning.json': { inputTokens: 17, outputTokens: 649, reasoningTokens: 570 },
  'openai/azure-model-router.1.chunks.txt': { inputTokens: 15, outputTokens: 78, reasoningTokens: 64 },
  'openai/openai-completion-text.chunks.txt': { inputTokens: 14, outputTokens: 16 },
  'openai/openai-embedding.json': { inputTokens: 12 },
  'openai/programmatic-tool-calling.2.chunks.txt': {}, // a program went on without the model
  'openai/openai-text.json': { inputTokens: 16, outputTokens: 363 },
  // a total of 354, of which the 340 of reasoning are not in the 2 of the completion
  'openai-compatible/xai-text.chunks.txt': {
    inputTokens: 12,
    cachedInputTokens: 11,
    outputTokens: 342,
    reasoningTokens: 340,
  },
};

test('every recorded answer has a usage, or a reason to have none', { skip: !existsSync(folder) }, t => {
  const files = globSync('*/*.{json,chunks.txt}', { cwd: folder }).sort();
  assert.ok(files.length > 0, `${folder} holds no recordings`);
  for (const file of files) {
    const { surface, usage } = read(file);
    const counts = usage && Object.entries(usage).filter(([, count]) => count > 0);
    const told = counts
      ? counts.map(([name, count]) => `${name} ${count}`).join(', ') || 'nothing'
      : withoutUsage[file];
    t.diagnostic(`${file} (${surface}): ${told}`);
    assert.ok(told, `${file} has no usage, and no reason is known`);
    assert.equal(usage !== undefined, withoutUsage[file] === undefined, file);
    if (known[file]) assert.deepEqual(usage, { ...noUsage, ...known[file] }, file);
  }
});

function read(file: string): { surface: string; usage: Usage | undefined } {
  const text = readFileSync(`${folder}/${file}`, 'utf8');
  if (file.endsWith('.json')) {
    const surface = surfaceOf(file, text.replaceAll(/\s/g, ''));
    return { surface: surface.name, usage: surface.readAnswer(JSON.parse(text)).usage };
  }
  const payloads = text.split('\n').filter(line => line !== '');
  const surface = surfaceOf(file, payloads.at(-1) as string);
  return { surface: surface.name, usage: readStream(surface, [Buffer.from(toSse(payloads))]).usage };
}

function surfaceOf(file: string, payload: string): Surface {
  const is = (pattern: RegExp, path: string) => (pattern.test(payload) ? surfaceAt(path) : undefined);
  const surface =
    (file.startsWith('anthropic/') ? surfaceAt('/v1/messages') : undefined) ??
    is(/"text_completion"/, '/v1/completions') ??
    is(/"choices":/, '/v1/chat/completions') ??
    is(/"embedding":/, '/v1/embeddings') ??
    is(/"type":"response\./, '/v1/responses') ??
    surfaceAt('/v1/anything/else');
  return surface as Surface;
}
