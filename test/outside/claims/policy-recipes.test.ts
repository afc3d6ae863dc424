import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { builtInCatalog } from '../../../functions/core/catalog/built-in-catalog.ts';
import { sendJson } from '../../support/upstream.ts';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack();
});
afterEach(() => stack.forget());
after(() => stack.close());

const recipe = (name: string) => readFileSync(new URL(`../../../docs/policies/${name}.yaml`, import.meta.url), 'utf8');

/** Of a million tokens of what is asked. */
function priceOf(model: string): number {
  const [provider = '', id = ''] = model.split(':');
  const price = builtInCatalog.model(provider, id)?.price;
  assert(price, model);
  return Number(price.input);
}

async function use(policy: string): Promise<void> {
  const answer = await stack.setPolicy(policy);
  assert.equal(answer.status, 200, await answer.text());
}

const chat = (body: object, headers?: Record<string, string>) =>
  stack.post('/v1/chat/completions', { messages: hello, max_tokens: 20, ...body }, headers);

test('the canary recipe sends few requests to the new model, and the old one stands in for it', async () => {
  await use(recipe('canary-split'));
  for (let call = 0; call < 40; call++) assert.equal((await chat({ model: 'ngrok/auto' })).status, 200);
  const called = stack.called();
  const canaries = called.filter(model => model === 'openai:gpt-5-mini').length;
  assert(canaries < 20, `${canaries}`); // more are one run in ten thousand million
  assert.equal(called.filter(model => model === 'openai:gpt-4o-mini').length, 40 - canaries);

  stack.forget();
  stack.upstream.script = ({ body }, response) =>
    body.model === 'gpt-5-mini' ? sendJson(response, 500, {}) : sendJson(response, 200, { choices: [] });
  await use(recipe('canary-split').replace('< 0.1', '< 2.0'));
  assert.equal((await chat({ model: 'ngrok/auto' })).status, 200);
  assert.deepEqual([stack.called().includes('openai:gpt-5-mini'), stack.called().at(-1)], [true, 'openai:gpt-4o-mini']);
});

test('the recipe for the cheapest model tries models by their price', async () => {
  await use(recipe('cheapest-first'));
  stack.upstream.script = (_, response) => sendJson(response, 500, {});
  await chat({ model: 'ngrok/auto' });
  const prices = stack.called().map(priceOf);
  assert(new Set(prices).size > 5);
  assert.deepEqual(
    prices,
    prices.toSorted((a, b) => a - b),
  );
});

test('the recipe for the European Union calls no model that runs elsewhere', async () => {
  const here = recipe('eu-only').replaceAll(/https:\/\/llm\.(\w+)\.example/g, (_, id: string) => stack.providerUrl(id));
  await use(here);
  assert.equal((await chat({ model: 'llama3' })).status, 200);
  assert.deepEqual(stack.called(), ['frankfurt:llama3']);
  stack.forget();
  for (const model of ['virginia:llama3', 'openai:gpt-4o-mini']) assert.notEqual((await chat({ model })).status, 200);
  assert.deepEqual(stack.called(), []);
});

test('L5 the recipe for tokens of an identity provider lets in who shows one, and no provider sees it', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'key-1' }];
  const answering = stack.upstream.script;
  stack.upstream.script = (request, response) =>
    request.path.startsWith('/keys') ? sendJson(response, 200, { keys }) : answering(request, response);
  await stack.saveSecret('providers', 'openai', 'sk-own-openai');
  await use(recipe('jwt').replace('https://login.example.com/.well-known/jwks.json', stack.providerUrl('keys')));

  const token = (audience: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
      .setIssuer('https://login.example.com/')
      .setAudience(audience)
      .setExpirationTime('1h')
      .sign(privateKey);
  const call = (authorization: string) =>
    stack.post(`/e/${stack.slug}/v1/chat/completions`, { model: 'gpt-4o-mini', messages: hello }, { authorization });
  for (const shown of ['', 'Bearer abc', `Bearer ${await token('https://other.example.com')}`]) {
    const { status, code } = await refusal(await call(shown));
    assert.deepEqual([status, code], [401, 'jwt_invalid']);
  }
  assert.equal((await call(`Bearer ${await token('https://gateway.example.com')}`)).status, 200);
  const called = stack.upstream.requests.filter(({ path }) => !path.startsWith('/keys'));
  assert.deepEqual(
    called.map(({ headers }) => headers.authorization),
    ['Bearer sk-own-openai'],
  );
});

test('L5 verify-webhook lets in what GitHub signed, and answers 403 to anything else', async () => {
  const verify = { type: 'verify-webhook', config: { provider: 'github', secret: 'shared-by-both' } };
  const done = { type: 'custom-response', config: { body: 'taken' } };
  await use(JSON.stringify({ on_http_request: [{ actions: [verify, done] }] }));
  const body = '{"action":"opened"}';
  const signed = (secret: string) => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  });
  const send = (headers: Record<string, string>) => stack.post(`/e/${stack.slug}/hook`, body, headers);
  assert.equal(await (await send(signed('shared-by-both'))).text(), 'taken');
  for (const headers of [{}, signed('another')]) assert.equal((await send(headers)).status, 403);
});

test('L5 circuit-breaker refuses at once after too many failures', async () => {
  const breaker = { type: 'circuit-breaker', config: { volume_threshold: 3, tripped_duration: '1h' } };
  await use(JSON.stringify({ on_http_request: [{ actions: [breaker, { type: 'ai-gateway' }] }] }));
  stack.upstream.script = (_, response) => sendJson(response, 500, {});
  const failing = () => chat({ model: 'openai:gpt-4o-mini' });
  for (let call = 0; call < 3; call++) assert.equal((await failing()).status, 500);
  const calls = stack.called().length;
  const { status, code } = await refusal(await failing());
  assert.deepEqual([status, code], [503, 'circuit_open']);
  assert.equal(stack.called().length, calls);
});

test('L5 http-request and set-vars let rules ask another service, but never the stores of the gateway', async () => {
  stack.upstream.script = (_, response) => sendJson(response, 200, { team: 'blue' });
  const asking = (url: string) =>
    JSON.stringify({
      on_http_request: [
        { actions: [{ type: 'http-request', config: { url } }] },
        { actions: [{ type: 'set-vars', config: { vars: [{ asked: '${actions.ngrok.http_request}' }] } }] },
        { actions: [{ type: 'custom-response', config: { body: '${vars.asked.encodeJson()}' } }] },
      ],
    });
  const ask = async (url: string) => {
    await use(asking(url));
    return (await (await chat({})).json()) as { res: { json?: object }; error: { message: string } };
  };
  assert.deepEqual((await ask(stack.providerUrl('teams'))).res.json, { team: 'blue' });
  for (const store of [stack.dynamodbUrl, stack.secretsManagerUrl]) {
    const { error } = await ask(store.replace('127.0.0.1', 'localhost'));
    assert.match(error.message, /port \d+ is that of the gateway's own store/);
  }
});
