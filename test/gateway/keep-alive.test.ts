import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepAlive } from '../../functions/gateway/keep-alive.ts';

const comment = ': keep-alive\n\n';

test('silence is filled with comments, and what comes after it is not lost', async () => {
  const speak = Promise.withResolvers<string>();
  async function* body() {
    yield 'event 1\n\n';
    yield await speak.promise;
  }
  const chunks = keepAlive(body(), 10);
  const next = async () => (await chunks.next()).value;
  assert.deepEqual([await next(), await next(), await next()], ['event 1\n\n', comment, comment]);
  speak.resolve('event 2\n\n');
  let chunk = await next();
  while (chunk === comment) chunk = await next();
  assert.equal(chunk, 'event 2\n\n');
  assert.equal((await chunks.next()).done, true);
});

test('without silence there are no comments', async () => {
  async function* body() {
    for (let event = 0; event < 1_000; event++) yield `event ${event}\n\n`;
  }
  let events = 0;
  for await (const chunk of keepAlive(body(), 60_000)) assert.equal(chunk, `event ${events++}\n\n`);
  assert.equal(events, 1_000);
});

test('a body that fails fails here too, and what was before it is not lost', async () => {
  async function* failing() {
    yield 'event';
    throw new Error('broken');
  }
  const chunks: string[] = [];
  await assert.rejects(async () => {
    for await (const chunk of keepAlive(failing(), 1_000)) chunks.push(String(chunk));
  }, /broken/);
  assert.deepEqual(chunks, ['event']);
});
