import assert from 'node:assert/strict';
import { test } from 'node:test';
import { surfaceAt, surfacePaths } from '../../functions/providers/surfaces.ts';

test('each known path has its surface, in the format of its SDK', () => {
  const known = surfacePaths.map(path => {
    const surface = surfaceAt(path);
    return [path, surface?.name, surface?.format, surface?.requires, surface?.allowsManagedKeys];
  });
  assert.deepEqual(known, [
    ['/v1/chat/completions', 'chat-completions', 'openai', 'chat-completions', true],
    ['/v1/completions', 'completions', 'openai', 'completions', true],
    ['/v1/responses', 'responses', 'openai', 'responses', true],
    ['/v1/embeddings', 'embeddings', 'openai', 'embeddings', true],
    ['/v1/messages', 'messages', 'anthropic', 'messages', true],
    ['/v1/messages/count_tokens', 'count-tokens', 'anthropic', 'messages', true],
  ]);
});

test('other paths pass, but not for the deployment’s own keys', () => {
  for (const path of [
    '/v1/images/generations',
    '/v1/moderations',
    '/v1/rerank',
    '/v1/audio/speech',
    '/v1/responses/resp_1/cancel',
    '/v1/models/gemini-2.0-flash:generateContent',
    '/v1/__proto__',
    '/v1/toString',
    '/v1/..hidden',
  ]) {
    const surface = surfaceAt(path);
    assert.deepEqual([surface?.name, surface?.allowsManagedKeys, surface?.requires], ['other', false, undefined], path);
  }
});

test('a path that would be another one at the provider has no surface', () => {
  for (const path of [
    '/v1',
    '/v1/',
    '/v1//chat/completions',
    '/v1/chat/completions/',
    '/v1/./chat/completions',
    '/v1/x/../chat/completions',
    '/v1/../admin',
    '/v1/..',
    '/v1/%2e%2e/admin',
    '/v1/chat%2fcompletions',
    '/v1/chat\\completions',
    '/v1/chat/completions?x=1',
    '/v1/chat/completions\n',
    '/v2/chat/completions',
    '/V1/chat/completions',
    'v1/chat/completions',
    '',
    '/',
  ]) {
    assert.equal(surfaceAt(path), undefined, JSON.stringify(path));
  }
});
