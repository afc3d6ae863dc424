import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTokenCounter } from '../../../functions/core/tokens/count-tokens.ts';
import { encodingNames } from '../../../functions/core/tokens/encodings.ts';
import { loadTokenTable } from '../../../functions/gateway/token-tables.ts';
import { surfaceAt } from '../../../functions/providers/surfaces.ts';
import { textTokensMax } from '../../../functions/routing/bounds/measure-request.ts';
import { costWithLimit, outputLimitWithin } from '../../../functions/routing/bounds/plan-bound.ts';
import { fitPlan } from '../../../functions/routing/fit-plan.ts';
import { forwardedText } from '../../../functions/routing/forwarded-body.ts';
import { parseModelCall } from '../../../functions/routing/model-call.ts';
import { type Asked, planFor, textBytes } from './plan-for.ts';
import { chatRows, refusedChatRows } from './rows/chat-rows.ts';
import { messagesRows, refusedMessagesRows } from './rows/messages-rows.ts';
import { otherOpenAiRows, refusedOtherOpenAiRows } from './rows/other-openai-rows.ts';

const framing = 256;

for (const { name, beyond = 0, output, prices: [input, out] = [1n, 10n], ...asked } of [
  ...chatRows,
  ...otherOpenAiRows,
  ...messagesRows,
]) {
  test(`${asked.surface}: ${name}`, () => {
    const planned = planFor(asked);
    assert.equal(planned.error?.message, undefined);
    const inputTokens = BigInt(textBytes(planned) + framing + beyond);
    assert.equal(planned.plan?.bound?.mostNanoUsd, inputTokens * input + BigInt(output) * out);
  });
}

for (const { name, code, says, ...asked } of [...refusedChatRows, ...refusedOtherOpenAiRows, ...refusedMessagesRows]) {
  test(`${asked.surface} refuses ${name}`, () => {
    const { plan, error } = planFor(asked);
    assert.equal(plan, undefined);
    assert.equal(error?.code, `ERR_NGROK_${code}`);
    assert.ok(error.message.includes(says), error.message);
    assert.match(error.message, code === '3801' ? /send|most/ : /use your own provider key/);
  });
}

test('the bound of a whole request, reckoned by hand', () => {
  const asked: Asked = { surface: 'chat', body: '{"model":"plain","messages":[]}' };
  // 31 bytes from the client, 17 for {"model":"plain"}, 256 around it, and 500 tokens of output at 10.
  assert.equal(planFor(asked).plan?.bound?.mostNanoUsd, 31n + 17n + 256n + 5_000n);
  // With the limit lowered to 16 tokens.
  assert.equal(planFor(asked).plan?.bound?.leastNanoUsd, 31n + 17n + 256n + 160n);
  // 10 % and 0.001 USD per million tokens, which is one nano-USD a token.
  const fee = { partsPerMillion: 100_000n, perMillionTokensNanoUsd: 1_000_000n };
  // 5,304 + 530.4 + 304 + 500, rounded up.
  assert.equal(planFor({ ...asked, fee }).plan?.bound?.mostNanoUsd, 6_639n);
});

test('a tool cannot hide behind a name that our parser could misread', () => {
  const withTool = (name: string, type: string) =>
    `{"model":"plain","messages":[],"tools":[{"type":"function","${name}":"${type}"}]}`;
  // Before it has seen the first, V8 reads the second as a tool of type "web_search", afterwards as one of type "function".
  planFor({ surface: 'chat', body: withTool('\\\\u00', 'x') });
  const { plan, error } = planFor({ surface: 'chat', body: withTool('\\u0074ype', 'web_search') });
  assert.equal(plan, undefined);
  assert.match(error?.message ?? '', /the name of a member is written with escapes; send its letters as they are/);
});

test('counting tokens is free, whatever is counted', () => {
  const body = { model: 'unpriced', messages: [], tools: [{ type: 'web_search_20250305' }], unknown: 1 };
  const { plan, error } = planFor({ surface: 'count', body });
  assert.deepEqual([error, plan?.bound], [undefined, undefined]);
});

function sent(asked: Asked): string {
  const { call, plan } = planFor(asked);
  assert(plan);
  return forwardedText(call, plan.candidate, plan.forwarded, true);
}

test('but for the model’s name, a request is sent as it came', () => {
  const text = '{ "messages": [ {"role":"user","content":"a\\u00e9"} ],  "model": "test:plain", "n": 1.0 }';
  const expected = '{"model":"plain","messages": [ {"role":"user","content":"a\\u00e9"} ],"n": 1.0}';
  assert.equal(sent({ surface: 'chat', body: text }), expected);
});

test('what would be stored or billed otherwise is forced on managed keys', () => {
  const messages: never[] = [];
  const stored = sent({ surface: 'responses', body: { model: 'plain', input: 'x', store: true } });
  assert.deepEqual(JSON.parse(stored), { model: 'plain', input: 'x', store: false });
  const kept = sent({ surface: 'chat', body: { model: 'plain', messages, store: true } });
  assert.deepEqual(JSON.parse(kept), { model: 'plain', messages, store: false });
  const rented = sent({ surface: 'chat', body: { model: 'rented', messages, max_completion_tokens: 20 } });
  const forced = { store: false, service_tier: 'default' };
  assert.deepEqual(JSON.parse(rented), { model: 'rented', messages, max_tokens: 20, ...forced });
  const limitedByPolicy = sent({
    surface: 'chat',
    body: { model: 'rented', messages, max_completion_tokens: 20 },
    policy: 'max_output_tokens: 5',
  });
  assert.deepEqual(JSON.parse(limitedByPolicy), { model: 'rented', messages, max_tokens: 5, ...forced });
});

const askedWithLimits: fc.Arbitrary<Asked> = fc
  .record({
    limit: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
    n: fc.integer({ min: 1, max: 5 }),
    text: fc.string({ maxLength: 200 }),
    model: fc.constantFrom('plain', 'caching', 'tiered', 'rented'),
    surface: fc.constantFrom('chat', 'completions', 'responses', 'messages'),
    echo: fc.boolean(),
    percent: fc.bigInt({ min: 0n, max: 300_000n }),
    perMillion: fc.bigInt({ min: 0n, max: 5_000_000n }),
  })
  .filter(({ surface, model }) => model !== 'rented' || surface !== 'messages')
  .map(({ limit, n, text, model, surface, echo, percent, perMillion }): Asked => {
    const messages = [{ role: 'user', content: text }];
    const bodies = {
      chat: { messages, n, max_completion_tokens: limit },
      completions: { prompt: [text, text], n, echo, max_tokens: limit },
      responses: { input: text, max_output_tokens: limit },
      messages: { messages, max_tokens: limit },
    };
    const body = { model, ...bodies[surface as keyof typeof bodies] };
    return {
      surface: surface as Asked['surface'],
      body,
      fee: { partsPerMillion: percent, perMillionTokensNanoUsd: perMillion },
    };
  });

test('with a lowered limit a request costs no more than is held, and one token more would', () => {
  fc.assert(
    fc.property(askedWithLimits, fc.double({ min: 0, max: 1, noNaN: true }), (asked, share) => {
      const { call, plan } = planFor(asked);
      assert(plan?.bound);
      const { bound } = plan;
      const span = Number(bound.mostNanoUsd - bound.leastNanoUsd);
      const heldNanoUsd = bound.leastNanoUsd + BigInt(Math.floor(share * span));
      const fitted = fitPlan(plan, call, heldNanoUsd);
      assert(fitted, 'the least always fits');
      const limit = fitted.outputLimit ?? bound.outputLimit;
      assert.ok(costWithLimit(bound, limit) <= heldNanoUsd);
      if (limit < bound.outputLimit) assert.ok(costWithLimit(bound, limit + 1) > heldNanoUsd);
      const { members } = fitted.plan.forwarded;
      assert.ok((call.surface.outputLimit(members) ?? 500) <= limit, 'the provider is told');
      const text = JSON.parse(forwardedText(call, plan.candidate, fitted.plan.forwarded, true));
      assert.equal(call.surface.outputLimit(text), call.surface.outputLimit(members));
      assert.equal(outputLimitWithin(bound, bound.leastNanoUsd - 1n), undefined);
      assert.equal(bound.leastNanoUsd <= bound.mostNanoUsd, true);
    }),
    { numRuns: 500 },
  );
});

test('embeddings are embedded whole or not at all', () => {
  const { plan } = planFor({ surface: 'embeddings', body: { model: 'embedding', input: 'text' } });
  assert(plan?.bound);
  assert.equal(plan.bound.leastNanoUsd, plan.bound.mostNanoUsd);
  assert.equal(outputLimitWithin(plan.bound, plan.bound.mostNanoUsd - 1n), undefined);
});

test('thinking is cut with the answer, but never below what Anthropic takes', () => {
  const body = { model: 'plain', max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 3_000 }, messages: [] };
  const { call, plan } = planFor({ surface: 'messages', body });
  assert(plan?.bound);
  assert.equal(plan.bound.outputLimitMin, 1_025);
  const fitted = fitPlan(plan, call, costWithLimit(plan.bound, 2_000));
  assert.equal(fitted?.plan.forwarded.members.max_tokens, 2_000);
  assert.deepEqual(fitted?.plan.forwarded.members.thinking, { type: 'enabled', budget_tokens: 1_999 });
});

test('no text has more tokens than its bound', () => {
  const counters = encodingNames.map(name => createTokenCounter(loadTokenTable(name)));
  const surface = surfaceAt('/v1/chat/completions');
  assert(surface);
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.constantFrom('<|endoftext|>', 'ﷺ'.repeat(50), '㌖', '½ ㍿ ﬃ', '\u0000\u0001', '\ud800'),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (content, escaped) => {
      const json = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
      const body = escaped
        ? json.replace(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : json;
      const bound = textTokensMax(parseModelCall(Buffer.from(body), surface));
      for (const counter of counters) {
        for (const read of [content, content.normalize('NFKC')]) assert.ok(counter.count(read) <= bound);
      }
      assert.ok(Buffer.byteLength(content.normalize('NFKC')) <= bound);
    }),
    { numRuns: 500 },
  );
});
