import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { hello } from '../outside/claims/claim-stack.ts';
import { untilCounted } from '../support/counted.ts';
import { type Dashboard, inspectPage, startDashboard } from './browser.ts';

let dashboard: Dashboard;
before(async () => {
  dashboard = await startDashboard({ TOLLGATE_ROLLUP_SECONDS: '1' });
});
after(() => dashboard.close());

/** Must be a text wherever it is shown. */
const markup = `<img src=x onerror="document.title='broken'"> "'&`;

const onlyModel = (provider: string, model: string) => `on_http_request:
  - name: only ${model}
    actions:
      - type: ai-gateway
        config:
          model_selection:
            strategy:
              - "ai.models.filter(m, m.provider_id == '${provider}' && m.id == '${model}')"
`;

const chat = (body: object = {}, headers = {}) =>
  dashboard.stack.post(
    '/e/default/v1/chat/completions',
    { model: 'gpt-4o-mini', messages: hello, max_tokens: 20, ...body },
    headers,
  );

const tab = (name: string) => `/endpoints/${dashboard.stack.endpointId}/${name}`;

async function manage<Answer = unknown>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await dashboard.stack.manage(method, path, body);
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

const endpointNow = () =>
  manage<{ traffic_policy: string; policy_version: number; inspector: boolean }>(
    'GET',
    `/endpoints/${dashboard.stack.endpointId}`,
  );

const editorOf = (page: Page) => page.getByRole('textbox', { name: 'Traffic policy' });

/** Replaces what is in the editor by pasting. */
async function write(page: Page, text: string) {
  await editorOf(page).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.keyboard.press('ControlOrMeta+v');
}

test('an endpoint is created, changed and, when its name is typed, deleted', async () => {
  const page = await dashboard.open('/endpoints');
  await page.getByRole('link', { name: 'default' }).waitFor();
  await page.getByRole('button', { name: 'New endpoint' }).click();
  await page.getByLabel('Slug').fill('default');
  await page.getByLabel('Description').fill(markup);
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await page.getByRole('alert').getByText('default').waitFor();
  await inspectPage(page, 'endpoint-new');
  await page.getByLabel('Slug').fill('team-search');
  await page.getByLabel('Host names').fill('Ai.example.com, search.example.com');
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await page.getByRole('heading', { name: 'team-search' }).waitFor();
  await editorOf(page).waitFor();

  await page.getByRole('link', { name: 'Settings' }).nth(1).click();
  await page.getByLabel('Metadata').fill(markup);
  await page.getByLabel('Host names').fill('search.example.com');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await page.getByText('Settings saved').waitFor();
  await page.getByText(markup).first().waitFor();
  await inspectPage(page, 'endpoint-settings');

  await page.getByRole('link', { name: 'Endpoints', exact: true }).click();
  await page.getByText(markup).waitFor();
  await page.getByText('search.example.com').waitFor();
  await inspectPage(page, 'endpoints');
  await page.getByRole('button', { name: 'Delete team-search' }).click();
  const confirm = page.getByRole('button', { name: 'Delete endpoint' });
  assert.equal(await confirm.isDisabled(), true);
  await page.getByLabel('Type “team-search” to confirm').fill('team-search');
  await confirm.click();
  await page.getByText('Endpoint team-search deleted').waitFor();
  await page.getByRole('link', { name: 'team-search' }).waitFor({ state: 'detached' });
  assert.match(await page.title(), /Endpoints/);
});

test('metrics are drawn from requests, together and by provider or model', async () => {
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, { traffic_policy: plainPolicy });
  const page = await dashboard.open(`/endpoints/${dashboard.stack.endpointId}`);
  await page.getByText('No requests in the last 24 hours').waitFor();
  await inspectPage(page, 'endpoint-metrics-empty');
  for (const model of ['gpt-4o-mini', 'gpt-4o-mini', 'anthropic:claude-haiku-4-5', 'no-such-model']) {
    await (await chat({ model })).text();
  }
  await untilCounted(dashboard.stack);
  await page.reload();
  await page.getByRole('heading', { name: 'Time to first token' }).waitFor();
  await page.getByRole('img', { name: 'Cost over time' }).waitFor();
  await inspectPage(page, 'endpoint-metrics');
  await page.getByRole('button', { name: 'By model' }).click();
  await page.getByText('openai:gpt-4o-mini').first().waitFor();
  await page.getByRole('button', { name: '30 d', exact: true }).click();
  await page.getByText('openai:gpt-4o-mini').first().waitFor();
  await inspectPage(page, 'endpoint-metrics-split');
});

const plainPolicy = 'on_http_request:\n  - actions:\n      - type: ai-gateway\n';

test('a policy is edited: its mistake is shown on its line, and once it is mended requests go elsewhere', async () => {
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, {
    traffic_policy: onlyModel('openai', 'gpt-4o-mini'),
  });
  const page = await dashboard.open(tab('policy'));
  await editorOf(page).waitFor();
  await inspectPage(page, 'endpoint-policy');
  await write(page, onlyModel('openai', 'gpt-4.1-nano').replace('strategy', 'stategy'));
  const problems = page.getByRole('list', { name: 'Problems' });
  await problems.getByText('stategy').first().waitFor();
  await problems.getByRole('button', { name: 'Line 7' }).first().waitFor();
  await page.locator('.cm-lint-marker-error').first().waitFor();
  await page.locator('.cm-lintRange-error').first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Save' }).isDisabled(), true);
  await inspectPage(page, 'endpoint-policy-problem');

  await write(page, onlyModel('openai', 'gpt-4.1-nano'));
  await page.getByText('No problems').waitFor();
  await problems.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/Policy saved as version \d+/).waitFor();
  dashboard.stack.forget();
  assert.equal((await chat({ model: 'ngrok/auto' })).status, 200);
  assert.deepEqual(dashboard.stack.called(), ['openai:gpt-4.1-nano']);
});

test('the editor suggests keys and values of the place where one writes', async () => {
  const page = await dashboard.open(tab('policy'));
  await write(page, 'on_http_request:\n  - actions:\n      - type: rate');
  await page.keyboard.type('-');
  await page.getByRole('option', { name: 'rate-limit' }).waitFor();
  await page.waitForTimeout(150); // a suggestion is not taken in the moment in which it appears
  await page.keyboard.press('Enter');
  await page.keyboard.type('\nconf');
  await page.getByRole('option', { name: 'config' }).waitFor();
  await page.waitForTimeout(150);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Space');
  await page.getByRole('option', { name: 'bucket_key' }).waitFor();
  await inspectPage(page, 'endpoint-policy-suggestions');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('button', { name: 'Discard' }).waitFor({ state: 'detached' });
});

test('what somebody else saved meanwhile is shown beside what one wrote, and neither is lost', async () => {
  const page = await dashboard.open(tab('policy'));
  const mine = `# mine\n${onlyModel('openai', 'gpt-4o-mini')}`;
  await write(page, mine);
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, { description: markup });
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, {
    traffic_policy: `# theirs\n${onlyModel('openai', 'gpt-4o')}`,
  });
  await page.getByText('No problems').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Somebody else changed this policy' }).waitFor();
  await page.getByRole('textbox', { name: 'What yours changes of theirs' }).getByText('# theirs').waitFor();
  assert.match((await endpointNow()).traffic_policy, /# theirs/);
  assert.match((await editorOf(page).textContent()) ?? '', /# mine/);
  await inspectPage(page, 'endpoint-policy-conflict');
  await page.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByText(/Policy saved as version \d+/).waitFor();
  assert.equal((await endpointNow()).traffic_policy, mine);
  assert.match(await page.title(), /default/);

  // A change of something else is no conflict.
  await write(page, `# again\n${mine}`);
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, { description: `again ${markup}` });
  await page.getByText('No problems').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await waitUntil(async () => (await endpointNow()).traffic_policy.startsWith('# again'));
});

test('an old version is compared with the current one and brought back', async () => {
  const [first, second] = [onlyModel('openai', 'gpt-4o-mini'), onlyModel('anthropic', 'claude-haiku-4-5')];
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, { traffic_policy: first });
  const { policy_version: version } = await endpointNow();
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, { traffic_policy: second });
  const page = await dashboard.open(tab('versions'));
  await page.getByRole('link', { name: `Compare version ${version} with the current one` }).click();
  const differences = page.getByRole('textbox', { name: 'Differences' });
  await differences.getByText('gpt-4o-mini').first().waitFor();
  await differences.getByText('claude-haiku-4-5').first().waitFor();
  await inspectPage(page, 'endpoint-versions');
  await page.getByRole('button', { name: `Roll back to version ${version}…` }).click();
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, { metadata: 'changed meanwhile' });
  await page.getByRole('button', { name: 'Roll back', exact: true }).click();
  await page.getByText('Somebody else changed this endpoint').waitFor();
  await page.reload();
  await page.getByRole('button', { name: `Roll back to version ${version}…` }).click();
  await inspectPage(page, 'endpoint-rollback');
  await page.getByRole('button', { name: 'Roll back', exact: true }).click();
  await page.getByText(`Version ${version} is back, as version ${version + 2}`).waitFor();
  await page.getByRole('row', { name: `${version + 2} current` }).waitFor();
  assert.equal((await endpointNow()).traffic_policy, first);
});

test('a request is explained: rules, candidates, what was dropped, the hold; also by a policy that is not saved', async () => {
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, {
    traffic_policy: `on_http_request:
  - name: urgent
    expressions:
      - req.headers['x-priority'][0] == 'high'
    actions:
      - type: ai-gateway
        config:
          model_selection:
            strategy:
              - "ai.models.filter(m, m.provider_id == 'openai' && m.id.startsWith('gpt-4.1'))"
  - name: the rest
    actions:
      - type: ai-gateway
`,
  });
  const page = await dashboard.open(tab('explain'));
  await inspectPage(page, 'endpoint-explain-empty');
  await page.getByLabel('Headers').fill('no colon');
  await page.getByText('is not a header').waitFor();
  await page.getByLabel('Headers').fill(`x-priority: high\nx-note: ${markup}`);
  await page.getByRole('button', { name: 'Explain' }).click();
  const rules = page.getByRole('heading', { name: 'Rules' }).locator('..').locator('..');
  await rules.getByText('urgent').waitFor();
  await page.getByRole('region', { name: 'Candidates' }).getByText('gpt-4.1').first().waitFor();
  await page.getByText('Held before it').waitFor();
  await inspectPage(page, 'endpoint-explain');

  await page.getByLabel('Model').fill(markup);
  await page.getByLabel('Headers').fill('');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByRole('alert').getByText('<img src=x').first().waitFor();

  await page.getByRole('link', { name: 'Policy' }).click();
  await write(page, 'on_http_request:\n  - name: closed\n    actions:\n      - type: deny\n');
  await page.getByText('No problems').waitFor();
  await page.getByRole('link', { name: 'Explain' }).first().click();
  await page.getByLabel('Use the policy that I edited and have not saved').check();
  await page.getByRole('button', { name: 'Explain' }).click();
  await rules.getByText('closed').waitFor();
});

test('with the inspector on, a request appears with its bodies and is sent again through the policy as it now is', async () => {
  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, {
    traffic_policy: onlyModel('openai', 'gpt-4o-mini'),
  });
  const page = await dashboard.open(tab('inspector'));
  await page.getByText('Nothing is kept').waitFor();
  await page.getByLabel('Keep for').selectOption('6');
  await page.getByText(/inspector is off|keeps requests for 6 h/).waitFor();
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByText('Waiting for requests').waitFor();
  await inspectPage(page, 'endpoint-inspector-empty');

  const note = `<b onclick='x'>&"`;
  const long = [{ role: 'user', content: `${markup} ${'long '.repeat(3_000)}` }];
  await (await chat({ model: 'ngrok/auto', messages: long })).text();
  await (await chat({ model: 'ngrok/auto', messages: [{ role: 'user', content: markup }] }, { 'x-note': note })).text();
  await (await chat({ model: 'no-such-model' })).text();
  const rows = page.getByRole('region', { name: 'Kept requests' }).getByRole('row');
  await waitUntil(async () => (await rows.count()) === 4);
  await inspectPage(page, 'endpoint-inspector');

  await page.getByLabel('Status').fill('200');
  await waitUntil(async () => (await rows.count()) === 3);
  await page.getByLabel('Model that answered').fill('no-such-model');
  await page.getByText('No kept request is like that').waitFor();
  await page.getByLabel('Model that answered').fill('');
  await rows.nth(1).getByRole('link').click();
  await page.getByLabel('body of the request').getByText('<img src=x').waitFor();
  await page.getByText(note).waitFor();
  await page.getByLabel('body of the answer').getByText('Hello').waitFor();
  await inspectPage(page, 'endpoint-inspected');

  await manage('PATCH', `/endpoints/${dashboard.stack.endpointId}`, {
    traffic_policy: onlyModel('openai', 'gpt-4.1-nano'),
  });
  dashboard.stack.forget();
  await page.getByRole('button', { name: 'Replay…' }).click();
  await page.getByLabel('Gateway key').fill('wrong');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByRole('alert').getByText('gateway_key').waitFor();
  await page.getByLabel('Gateway key').fill(dashboard.stack.gatewayKey);
  await inspectPage(page, 'endpoint-replay');
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByRole('link', { name: 'Open the new request' }).click();
  await page.getByText('Replay of').waitFor();
  assert.deepEqual(dashboard.stack.called(), ['openai:gpt-4.1-nano']);

  await page.getByRole('link', { name: 'All kept requests' }).click();
  await waitUntil(async () => (await rows.count()) === 5);
  await rows.nth(4).getByRole('link').click();
  await page.getByText(/cut: 1\d\.\d kB of 15/).waitFor();
  assert.match(await page.title(), /default/);
});

test('a viewer sees everything but what would be refused', async () => {
  const { token } = await manage<{ token: string }>('POST', '/api_keys', { role: 'viewer' });
  const page = await dashboard.open('/endpoints', { managementKey: token });
  await page.getByRole('link', { name: 'default' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /New endpoint|Delete/ }).count(), 0);
  await page.getByRole('link', { name: 'default' }).click();
  await page.getByRole('link', { name: 'Policy' }).click();
  await editorOf(page).waitFor();
  await page.keyboard.press('Tab');
  await editorOf(page).click();
  await page.keyboard.type('x');
  assert.equal(await page.getByRole('button', { name: /Save|Discard/ }).count(), 0);
  assert.equal((await editorOf(page).textContent())?.startsWith('x'), false);
  await page.getByRole('link', { name: 'Versions' }).click();
  await page
    .getByRole('link', { name: /Compare version/ })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Differences' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /Roll back/ }).count(), 0);
  await page.getByRole('link', { name: 'Inspector' }).click();
  await page.getByText('For administrators').waitFor();
  await page.getByRole('navigation', { name: 'Endpoint' }).getByRole('link', { name: 'Settings' }).click();
  await page.getByText('Last change').waitFor();
  assert.equal(await page.getByRole('button', { name: /Save|Delete/ }).count(), 0);
  await inspectPage(page, 'endpoint-viewer');
});

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; !(await isSo()); turn++) {
    assert.ok(turn < 150, 'it did not come about');
    await new Promise(resume => setTimeout(resume, 100));
  }
}
