import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import { hello } from '../outside/claims/claim-stack.ts';
import { untilCounted } from '../support/counted.ts';
import { chatAnswer, chatEvents, doneEvent, sendEvents, sendJson, usageEvent } from '../support/upstream.ts';
import { type Dashboard, inspectPage, startDashboard } from './browser.ts';

const markup = `<img src=x onerror="globalThis.wasRun=1">"'&`;

let dashboard: Dashboard;
before(async () => {
  dashboard = await startDashboard({ TOLLGATE_ROLLUP_SECONDS: '1' });
});
after(() => dashboard.close());

const chat = (body: object) =>
  dashboard.stack.post('/v1/chat/completions', { messages: hello, max_tokens: 20, ...body });
const manage = async (method: string, path: string, body?: unknown) =>
  (await (await dashboard.stack.manage(method, path, body)).json()) as Record<string, unknown>;
const figure = (page: Page, name: string) =>
  page
    .locator('.figure')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('.figure-value');
const requestId = (response: Response) => response.headers.get('ngrok-aig-request-id') as string;

/** Waits until a list has this many entries. */
async function hasRows(page: Page, count: number): Promise<void> {
  const rows = page.locator('tbody tr');
  await rows.nth(count - 1).waitFor();
  await rows.nth(count).waitFor({ state: 'detached' });
}

/** Nothing of what others wrote was taken for markup. */
async function showsMarkup(page: Page): Promise<void> {
  await page.getByText(markup).filter({ visible: true }).first().waitFor();
  assert.equal(await page.evaluate('globalThis.wasRun'), undefined);
  assert.equal(await page.locator('img').count(), 0);
}

test('before the first request a viewer sees the line without a button', async () => {
  const { token } = await manage('POST', '/api_keys', { role: 'viewer', description: markup });
  const page = await dashboard.open('', { managementKey: token as string });
  await page.getByText('curl http').waitFor();
  await page.getByText('ask an admin for a gateway key').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Make a key' }).count(), 0);
  await inspectPage(page, 'overview-viewer');
});

test('the line of the empty overview calls a model with the key that its button made, and the numbers follow', async () => {
  const page = await dashboard.open();
  await page.getByText('<your gateway key>').waitFor();
  await inspectPage(page, 'overview-empty');
  await page.getByRole('button', { name: 'Make a key and put it in' }).click();
  await page.getByText('it is not shown again').waitFor();
  const line = await page.locator('.code pre').textContent();
  const [, url = '', key = '', body = ''] = /curl (\S+)[\s\S]*Bearer (\S+)'[\s\S]*-d '(.*)'/.exec(line ?? '') ?? [];
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body });
  assert.equal(answer.status, 200, await answer.text());

  await figure(page, 'Requests').waitFor();
  assert.equal(await page.locator('.code pre').textContent(), line, 'the key stays until it was kept');
  await page.getByRole('button', { name: 'I have kept the key' }).click();
  await page.locator('.code').waitFor({ state: 'detached' });
});

test('the overview says what the API says', async () => {
  dashboard.stack.upstream.script = (request, response) =>
    request.body.model === 'gpt-4.1'
      ? sendJson(response, 500, { error: { message: 'no' } })
      : sendJson(response, 200, { ...chatAnswer('Hello', 900, 100), model: request.body.model });
  for (const model of ['gpt-4o-mini', 'gpt-4o', 'claude-haiku-4-5', 'gpt-4.1', 'gpt-4.1']) {
    await (await chat({ model })).text();
  }
  await untilCounted(dashboard.stack);
  const { totals, series } = (await manage('GET', '/metrics?splitBy=model')) as {
    totals: { requests: number; errors: { total: number }; total_ms: { p50: number } };
    series: { key: string; totals: { requests: number } }[];
  };
  const overview = (await manage('GET', '/usage/overview')).totals as { cost_usd: string };

  const page = await dashboard.open();
  await figure(page, 'Requests').getByText(String(totals.requests), { exact: true }).waitFor();
  const rate = `${((totals.errors.total / totals.requests) * 100).toFixed(0)}%`;
  assert.equal(await figure(page, 'Error rate').textContent(), rate);
  for (const name of ['Spent today', 'Spent this month', 'Spend']) {
    assert.equal(await figure(page, name).locator('span').getAttribute('title'), `${overview.cost_usd} USD`);
  }
  const balance = await manage('GET', '/credits/balance');
  assert.equal(await figure(page, 'Balance').locator('span').getAttribute('title'), `${balance.available_usd} USD`);
  assert.match((await figure(page, 'Credits last until').textContent()) ?? '', /^\w+ \d+, \d{4}$/);
  assert.match((await figure(page, 'Latency').textContent()) ?? '', /^[\d.]+ m?s p50$/);

  await page.getByRole('button', { name: 'By model' }).click();
  const rows = page.getByRole('region', { name: 'Numbers by model' }).getByRole('row');
  assert.equal(await rows.count(), series.length + 1);
  for (const { key, totals } of series) {
    const cells = rows.filter({ has: page.getByText(key, { exact: true }) }).getByRole('cell');
    assert.equal(await cells.nth(1).textContent(), String(totals.requests), key);
  }
  assert.ok((await page.locator('.chart canvas').count()) >= 4);
  await inspectPage(page, 'overview');
  await page.getByRole('button', { name: '30 d' }).click();
  await figure(page, 'Requests').getByText(String(totals.requests), { exact: true }).waitFor();
});

test('a streamed request appears in the list while one looks', async () => {
  const page = await dashboard.open('/requests');
  const rows = page.getByRole('region', { name: 'Requests' }).getByRole('row');
  await rows.nth(1).waitFor();
  const before = await rows.count();
  dashboard.stack.upstream.script = (_, response) =>
    sendEvents(response, [...chatEvents(['Hel', 'lo']), usageEvent(9, 2), doneEvent], 50);
  const client = new OpenAI({ apiKey: dashboard.stack.gatewayKey, baseURL: `${dashboard.stack.gatewayUrl}/v1` });
  const stream = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: hello, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  assert.equal(text, 'Hello');
  await rows.nth(1).getByText('openai, streamed').waitFor();
  assert.equal(await rows.count(), before + 1);
  await inspectPage(page, 'requests');
});

test('requests are found by model, status, outcome, key and text, and paged', async () => {
  const page = await dashboard.open('/requests');
  const rows = page.getByRole('region', { name: 'Requests' }).locator('tbody tr');
  await rows.first().waitFor();
  const all = await rows.count();
  await page.getByLabel('Model').selectOption('gpt-4o');
  await page.waitForURL(/model=gpt-4o/);
  await hasRows(page, 1);
  await page.getByLabel('Model').selectOption('');
  await page.getByLabel('Outcome').selectOption('failed');
  await hasRows(page, 2);
  await page.getByLabel('Status').selectOption('429');
  await page.getByText('No request is like this').waitFor();
  await inspectPage(page, 'requests-none');
  await page.getByRole('link', { name: 'Show all requests' }).click();
  await hasRows(page, all);
  await page.getByLabel('Search').fill('CLAUDE-haiku');
  await hasRows(page, 1);
  await page.reload();
  await hasRows(page, 1);
  await page.getByLabel('Search').fill(markup);
  await page.getByText('No request is like this').waitFor();
});

test('the page of a request tells what was tried, why, and what it cost', async () => {
  const { stack } = dashboard;
  const key = await manage('POST', '/ai_gateway_api_keys', { endpoint_id: stack.endpointId, description: markup });
  const policy = {
    on_http_request: [
      {
        name: `answer ${markup}`,
        actions: [
          { type: 'log', config: { metadata: { said: "${req.headers['x-said'][0]}" } } },
          { type: 'ai-gateway', config: { model_selection: { strategy: ['ai.models.filter(m, m.id != "o3-mini")'] } } },
        ],
      },
    ],
  };
  const saved = await stack.setPolicy(JSON.stringify(policy));
  assert.equal(saved.status, 200, await saved.text());
  stack.upstream.script = (request, response) =>
    request.body.model === 'gpt-4o'
      ? sendJson(response, 503, { error: { message: markup } })
      : sendJson(response, 200, { ...chatAnswer('Hello', 1_200, 300), model: request.body.model });
  const answer = await stack.post(
    '/v1/chat/completions',
    { model: 'gpt-4o', models: ['gpt-4o-mini', 'o3-mini', markup], messages: hello, max_tokens: 20 },
    { authorization: `Bearer ${key.token}`, 'x-said': markup },
  );
  assert.equal(answer.status, 200, await answer.text());
  const id = requestId(answer);
  const story = (await manage('GET', `/usage/requests/${id}`)) as {
    cost_lines: { usd: string }[];
    cost_usd: string;
    candidates: { model: string; reason: string }[];
  };

  const page = await dashboard.open('/requests');
  await page.locator(`a[href$="${id}"]`).click();
  const attempts = page.locator('.attempts > li');
  await attempts.first().waitFor();
  const texts = await attempts.allInnerTexts();
  assert.equal(texts.length, 3, 'Tollgate, the one that failed, the one that answered');
  assert.match(texts[1] ?? '', /openai:gpt-4o\b[\s\S]*503/);
  assert.match(texts[2] ?? '', /openai:gpt-4o-mini[\s\S]*200[\s\S]*answered the client/);
  const candidates = await page.getByRole('region', { name: 'Candidates' }).locator('tbody tr').allInnerTexts();
  assert.equal(candidates.length, story.candidates.length);
  for (const [index, { model, reason }] of story.candidates.entries()) {
    assert.ok(candidates[index]?.includes(model) && candidates[index].includes(reason), candidates[index]);
  }
  const cost = await page.locator('.card', { hasText: 'Provider’s price' }).textContent();
  for (const { usd } of story.cost_lines) assert.ok(cost?.includes(`$${usd}`), cost ?? '');
  assert.ok(
    cost?.includes('1,200 tokens × $0.15 per million') && cost.includes(`Charged$${story.cost_usd}`),
    cost ?? '',
  );
  const ledger = await page.locator('.card', { hasText: 'Change of the balance' }).textContent();
  assert.match(ledger ?? '', /Set aside[\s\S]*−\$[\s\S]*Given back[\s\S]*\+\$[\s\S]*Charged/);
  assert.ok(ledger?.includes(`−$${story.cost_usd}`), ledger ?? '');

  await page.getByRole('link', { name: markup }).waitFor();
  await page.getByText(`answer ${markup}`).waitFor();
  await showsMarkup(page);
  await inspectPage(page, 'request');
  assert.match((await page.getByRole('link', { name: markup }).getAttribute('href')) ?? '', /^\/dashboard\/keys/);
  await page.getByRole('link', { name: 'All requests' }).click();
  await page.getByLabel('Key').selectOption({ label: markup });
  await hasRows(page, 1);
  await showsMarkup(page);
});

test('a request that the inspector keeps leads to its bodies', async () => {
  const { stack } = dashboard;
  await manage('PATCH', `/endpoints/${stack.endpointId}`, { inspector: true });
  const answer = await chat({ model: 'gpt-4o-mini' });
  await answer.text();
  const page = await dashboard.open(`/requests/${requestId(answer)}`);
  const link = page.getByRole('link', { name: 'Bodies and headers' });
  assert.match((await link.getAttribute('href')) ?? '', new RegExp(`${stack.endpointId}/inspector`));
  await page.goto(`${stack.managementUrl}/dashboard/requests/rq_0nothing`);
  await page.getByText('There is no such request').waitFor();
});

test('a request that was refused has a page too', async () => {
  const answer = await chat({ model: markup });
  await answer.text();
  const page = await dashboard.open(`/requests/${requestId(answer)}`);
  await page.getByText('No provider was called').waitFor();
  await showsMarkup(page);
  await inspectPage(page, 'request-refused');
});

test('models are narrowed by text, provider, surface and feature', async () => {
  const page = await dashboard.open('/models');
  const rows = page.getByRole('region', { name: 'Models' }).locator('tbody tr');
  await rows.first().waitFor();
  const { models } = (await manage('GET', '/models?limit=100')) as {
    models: { id: string; provider: string; surfaces: string[]; features: string[]; pricing: { input: string } }[];
  };
  assert.equal(await rows.count(), models.length);
  await inspectPage(page, 'models');
  await page.getByLabel('Provider').selectOption('anthropic');
  assert.equal(await rows.count(), models.filter(({ provider }) => provider === 'anthropic').length);
  await page.getByLabel('Feature').selectOption('vision');
  await page.getByLabel('Provider').selectOption('');
  await page.getByLabel('Surface').selectOption('responses');
  const wanted = models.filter(
    ({ surfaces, features }) => surfaces.includes('responses') && features.includes('vision'),
  );
  assert.equal(await rows.count(), wanted.length);
  await page.getByLabel('Search').fill('4o mini');
  const mini = models.find(({ id }) => id === 'openai:gpt-4o-mini');
  assert.ok((await rows.first().textContent())?.includes(`$${mini?.pricing.input}`));
  await page.getByLabel('Search').fill(markup);
  await page.getByText('No model is like this').waitFor();
  await page.getByRole('button', { name: 'Show all models' }).click();
  assert.equal(await rows.count(), models.length);
});

test('a viewer reads everything and is offered nothing that would be refused', async () => {
  const { token } = await manage('POST', '/api_keys', { role: 'viewer' });
  const page = await dashboard.open('', { managementKey: token as string });
  await figure(page, 'Requests').waitFor();
  assert.equal(await page.getByRole('button', { name: /key/i }).count(), 0);
  await page.getByRole('link', { name: 'Requests', exact: true }).click();
  await page.locator('tbody tr a').first().click();
  await page.locator('.attempts, .empty, .card').first().waitFor();
  await page.getByRole('heading', { name: 'Attempts' }).waitFor();
});

test('without the server a page says what to do, keeps what it has, and goes on when it is back', async () => {
  const page = await dashboard.open('/requests');
  await page.locator('tbody tr').first().waitFor();
  await page.route('**/usage?**', route => route.abort());
  await page.getByRole('alert').getByText('Tollgate cannot be reached. Check that it is running').waitFor();
  assert.ok((await page.locator('tbody tr').count()) > 0);
  await inspectPage(page, 'server-down');
  await page.unroute('**/usage?**');
  await page.getByRole('alert').waitFor({ state: 'detached' });
});

test('a long list goes on below', async () => {
  dashboard.stack.upstream.script = (request, response) =>
    sendJson(response, 200, { ...chatAnswer('Hello', 9, 1), model: request.body.model });
  await Promise.all(Array.from({ length: 60 }, async () => (await chat({ model: 'gpt-4o-mini' })).text()));
  const page = await dashboard.open('/requests');
  const rows = page.locator('tbody tr');
  await page.getByRole('button', { name: 'Show more' }).waitFor();
  assert.equal(await rows.count(), 50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
  const { usage } = (await manage('GET', '/usage?limit=100')) as { usage: { id: string }[] };
  assert.equal(await rows.count(), usage.length);
  assert.equal(await page.locator(`a[href$="${usage.at(-1)?.id}"]`).count(), 1);
});
