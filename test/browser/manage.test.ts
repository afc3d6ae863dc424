import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { type StripeMock, secretKey, startStripeMock, webhookSecret } from '../credits/stripe-mock.ts';
import { isSigned, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type Dashboard, inspectPage, startDashboard } from './browser.ts';

const markup = `<img src=x onerror="alert(1)">"'&amp;`;

let dashboard: Dashboard;
let stripe: StripeMock;
let receiver: WebhookReceiver;
before(async () => {
  [stripe, receiver] = await Promise.all([startStripeMock(), startWebhookReceiver()]);
  dashboard = await startDashboard({
    TOLLGATE_ROLLUP_SECONDS: '1',
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    TOLLGATE_STRIPE_API_BASE: stripe.url,
  });
});
after(async () => {
  await dashboard.close();
  await Promise.all([stripe.close(), receiver.close()]);
});

/** Tries until it holds: what is counted or delivered on its own time comes within seconds. */
async function until(hold: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await hold();
    } catch (error) {
      if (tries === 40) throw error;
      await new Promise(resume => setTimeout(resume, 250));
    }
  }
}

async function newManagementKey(role: string, description: string): Promise<string> {
  const made = await dashboard.stack.manage('POST', '/api_keys', { role, description });
  return ((await made.json()) as { token: string }).token;
}

test('a key is created, shown once, used by the OpenAI SDK, edited and deleted', async () => {
  const page = await dashboard.open('/keys');
  await page.getByRole('button', { name: 'Create key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create a gateway key' });
  await dialog.getByLabel('Description').fill(`Shop ${markup}`);
  await dialog.getByLabel('Spend limit (USD)').fill('2.50');
  await dialog.getByLabel('Per', { exact: true }).selectOption('daily');
  await dialog.getByLabel('Expires', { exact: true }).selectOption('month');
  await dialog.getByLabel('Metadata').fill(`{"team": "${markup}"}`);
  await inspectPage(page, 'keys-create');
  await dialog.getByRole('button', { name: 'Create key' }).click();

  const created = page.getByRole('dialog', { name: 'Your new key' });
  await created.getByRole('button', { name: 'Copy key' }).click();
  const token = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(token, /^ng-\w{16}-g1-\w{22}$/);
  await created.getByLabel('Model').fill('gpt-5-mini');
  const snippet = created.getByLabel('snippet', { exact: true });
  const address = `${dashboard.stack.gatewayUrl}/e/${dashboard.stack.slug}`;
  await snippet.getByText(`baseURL: '${address}/v1'`).waitFor();
  await inspectPage(page, 'keys-created');
  for (const [name, text] of [
    ['Anthropic', `baseURL: '${address}', // the SDK adds /v1`],
    ['Vercel AI', 'createOpenAI'],
    ['curl', `curl ${address}/v1/chat/completions`],
  ] as const) {
    await created.getByRole('button', { name, exact: true }).click();
    await snippet.getByText(text).waitFor();
    await snippet.getByText(token).waitFor();
  }
  await created.getByRole('button', { name: 'Done' }).click();
  assert.equal(await page.getByText(token).count(), 0);

  const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: token });
  const answer = await openai.chat.completions.create({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  assert.equal(answer.choices[0]?.message.content, 'Hello');

  const row = page.getByRole('row', { name: 'Shop' });
  await row.getByText(`Shop ${markup}`).waitFor();
  await row.getByText(`{"team": "${markup}"}`).waitFor();
  await row.getByText('$2.50 a day').waitFor();
  await row.getByText('in 30 days').waitFor();
  await until(async () => {
    await page.reload();
    await row.getByText('Shop').waitFor();
    await row.getByRole('img', { name: /^\$0\.0+[1-9]\d* of it used$/ }).waitFor({ timeout: 2_000 });
  });
  await row.getByText(/ ago$|^now$/).waitFor();
  await inspectPage(page, 'keys');

  await row.getByRole('button', { name: /^Edit/ }).click();
  await page.getByRole('dialog').getByLabel('Description').fill('Shop, renamed');
  await page.getByRole('dialog').getByLabel('Spend limit (USD)').fill('');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('Key saved').waitFor();
  const renamed = page.getByRole('row', { name: 'Shop, renamed' });
  await renamed.getByText('none').waitFor();

  await renamed.getByRole('button', { name: /^Delete/ }).click();
  const confirm = page.getByRole('dialog', { name: 'Delete this key?' });
  assert.equal(await confirm.getByRole('button', { name: 'Delete key' }).isDisabled(), true);
  await confirm.getByLabel('Type “Shop, renamed” to confirm').fill('Shop, renamed');
  await inspectPage(page, 'keys-delete');
  await confirm.getByRole('button', { name: 'Delete key' }).click();
  await renamed.waitFor({ state: 'detached' });
  await assert.rejects(
    openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] }),
    { status: 401 },
  );
});

test('who works with the keyboard is back at the button when a dialog closes', async () => {
  const page = await dashboard.open('/keys');
  await page.getByRole('button', { name: 'Create key' }).press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await until(async () => {
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Create key');
  });
});

test('granted credits show as a lot and as a transaction, which are exported whole', async () => {
  const page = await dashboard.open('/credits');
  await page.getByRole('button', { name: 'Grant credits' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Amount (USD)').fill('12.34');
  await dialog.getByLabel('Reason').fill(`=1+1 "${markup}"`);
  await dialog.getByLabel('Expires', { exact: true }).selectOption('week');
  await inspectPage(page, 'credits-grant');
  await dialog.getByRole('button', { name: 'Grant credits' }).click();
  await page
    .getByRole('region', { name: 'Lots' })
    .getByRole('row', { name: /Grant.*12\.34.*in 7 days/ })
    .waitFor();
  const transactions = page.getByRole('region', { name: 'Transactions' });
  await transactions.getByRole('row', { name: `Grant =1+1 "${markup}"` }).waitFor();
  await inspectPage(page, 'credits');

  for (let index = 0; index < 120; index += 1) {
    const made = await dashboard.stack.manage('POST', '/credits/grants', {
      amount_usd: '0.01',
      reason: `small ${index}`,
    });
    assert.equal(made.status, 201);
  }
  await page.reload();
  await transactions.getByText('small 119').waitFor();
  assert.equal(await transactions.getByText('small 0', { exact: true }).count(), 0);
  await page.getByRole('button', { name: 'Show more' }).click();
  await transactions.getByText('small 0', { exact: true }).waitFor();

  await page.getByLabel('Type').selectOption('charge');
  await page.getByText('transactions are of this type.').waitFor();
  assert.equal(await transactions.getByText('small 119').count(), 0);
  await page.getByLabel('Type').selectOption('grant');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export CSV' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'tollgate-transactions-grant.csv');
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  assert.equal(lines.length, 1 + 1 + 120);
  assert.ok(lines.every(line => /^id,|,grant,grant,/.test(line)));
  assert.ok(lines.at(-1)?.endsWith(`,"'=1+1 ""${markup.replaceAll('"', '""')}"""`), lines.at(-1));
});

test('B9 credits are bought at Stripe, which leads back to what became of the payment', async () => {
  const page = await dashboard.open('/credits');
  await page.getByRole('button', { name: 'Buy credits' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '$100' }).click();
  assert.equal(await dialog.getByLabel('Amount (USD)').inputValue(), '100.00');
  await inspectPage(page, 'credits-buy');

  await dialog.getByLabel('Amount (USD)').fill('1');
  await dialog.getByRole('button', { name: 'Continue to payment' }).click();
  await dialog.getByRole('alert').getByText('below the minimum of 5.00 USD').waitFor();

  // Nothing leaves this machine: what the browser asks Stripe for is answered here.
  const asked: string[] = [];
  await page.evaluate(`navigation.addEventListener('navigate', event => {
    if (event.destination.url.startsWith(location.origin)) return;
    event.preventDefault();
    document.title = event.destination.url;
  })`);
  await dialog.getByLabel('Amount (USD)').fill('25.50');
  await dialog.getByRole('button', { name: 'Continue to payment' }).click();
  await until(async () => {
    asked.push(await page.title());
    assert.match(asked.at(-1) ?? '', /^https:\/\/checkout\.stripe\.com\/c\/pay\/cs_test_\d+$/);
  });
  const { form } = stripe.requests.at(-1) ?? assert.fail('Stripe was not asked');
  assert.equal(form['line_items[0][price_data][unit_amount]'], '2550');
  assert.equal(form.success_url, `${dashboard.stack.managementUrl}/dashboard/credits?checkout={CHECKOUT_SESSION_ID}`);

  const id = asked.at(-1)?.split('/').at(-1) ?? '';
  await page.goto(`${dashboard.stack.managementUrl}/dashboard/credits?checkout=${id}`);
  await page.getByText('The payment of $25.50 is not finished yet.').waitFor();
  Object.assign(stripe.sessions.get(id) ?? {}, { status: 'complete' });
  await page.getByText('Thank you: $25.50 is paid.').waitFor();
  await inspectPage(page, 'credits-bought');
});

test('a deployment without Stripe says so kindly', async () => {
  const page = await dashboard.open('/credits');
  const msg = 'This deployment sells no credits: its Stripe secret has no "secret_key"';
  await page.route('**/credits/checkout_sessions', route =>
    route.fulfill({ status: 501, json: { error_code: 'stripe_not_configured', status_code: 501, msg } }),
  );
  await page.getByRole('button', { name: 'Buy credits' }).click();
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await page.getByRole('alert').getByText('This deployment does not sell credits yet').waitFor();
  await page.getByRole('alert').getByText('Until then you can grant credits.').waitFor();
  await inspectPage(page, 'credits-not-sold');
});

test('operators choose when an account is warned', async () => {
  const page = await dashboard.open('/credits');
  await page.getByRole('button', { name: 'Edit warning' }).click();
  await page.getByRole('dialog').getByLabel('Warn below (USD)').fill('3');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('Warns when less than $3.00 is available.').waitFor();
});

test('providers show how they did, and vaults keep secrets that can be rotated and never read', async () => {
  const { stack } = dashboard;
  stack.upstream.script = (_, response) => {
    response.writeHead(500).end();
  };
  await stack.post('/v1/chat/completions', { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] });
  stack.forget();
  await stack.post('/v1/chat/completions', { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] });
  const page = await dashboard.open('/providers');
  await until(async () => {
    await page.reload();
    await page
      .getByRole('region', { name: 'Health' })
      .getByRole('row', { name: /^openai/ })
      .waitFor({ timeout: 2_000 });
    const row = page.getByRole('region', { name: 'Health' }).getByRole('row', { name: /^openai/ });
    await row.getByText(/^\d+(\.\d+)?%$/).waitFor();
  });
  await page.getByRole('button', { name: 'Models' }).click();
  await page.getByRole('row', { name: /^openai:gpt-5-mini/ }).waitFor();

  await page.getByText('No vaults yet').waitFor();
  await page.getByRole('button', { name: 'Create vault' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('my.keys');
  await dialog.getByLabel('Description').fill(`Keys ${markup}`);
  await dialog.getByLabel('Metadata').fill(markup);
  await dialog.getByRole('button', { name: 'Create vault' }).click();
  const vault = page.getByRole('region', { name: 'Vault my.keys' });
  await vault.getByText(`Keys ${markup}`).waitFor();
  await vault.getByText(markup, { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Add secret to my.keys' }).click();
  await dialog.getByLabel('Name').fill('key-one');
  await dialog.getByLabel('Value').fill('sk-first-value');
  await dialog.getByLabel('Description').fill(markup);
  await inspectPage(page, 'providers-secret');
  await dialog.getByRole('button', { name: 'Add secret' }).click();
  const row = vault.getByRole('row', { name: 'key-one' });
  await row.getByText('no endpoint').waitFor();
  await row.getByRole('button', { name: 'Copy what policies write for key-one' }).click();
  const reference = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.equal(reference, "${secrets.get('my.keys', 'key-one')}");

  await stack.configure(`providers: [{ id: openai, api_keys: [{ value: "${reference}" }] }]`);
  const call = () =>
    stack.post('/v1/chat/completions', { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] });
  assert.equal((await call()).status, 200);
  assert.equal(stack.upstream.requests.at(-1)?.headers.authorization, 'Bearer sk-first-value');
  await page.reload();
  await row.getByRole('link', { name: 'default' }).waitFor();

  await row.getByRole('button', { name: 'Rotate key-one' }).click();
  assert.equal(await dialog.getByLabel('New value').inputValue(), '');
  await dialog.getByLabel('New value').fill('sk-second-value');
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('status').getByText('Value rotated').waitFor();
  await until(async () => {
    await call();
    assert.equal(stack.upstream.requests.at(-1)?.headers.authorization, 'Bearer sk-second-value');
  });
  assert.equal(await page.getByText(/sk-(first|second)/).count(), 0);
  await inspectPage(page, 'providers');

  assert.equal(await page.getByRole('button', { name: 'Delete vault my.keys' }).isDisabled(), true);
  await row.getByRole('button', { name: 'Edit key-one' }).click();
  await dialog.getByLabel('Name').fill('key-two');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await vault.getByRole('button', { name: 'Delete key-two' }).click();
  await dialog.getByLabel('Type “key-two” to confirm').fill('key-two');
  await dialog.getByRole('button', { name: 'Delete secret' }).click();
  await vault.getByText('No secrets in this vault.').waitFor();
  await page.getByRole('button', { name: 'Delete vault my.keys' }).click();
  await dialog.getByLabel('Type “my.keys” to confirm').fill('my.keys');
  await dialog.getByRole('button', { name: 'Delete vault' }).click();
  await page.getByText('No vaults yet').waitFor();
});

test('a management key is made with a role, shown once, and signs in', async () => {
  const page = await dashboard.open('/settings');
  await page.getByRole('button', { name: 'Create management key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill(`Auditor ${markup}`);
  await dialog.getByLabel('Role').selectOption('viewer');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await page.getByRole('button', { name: 'Copy key' }).click();
  await inspectPage(page, 'settings-key-created');
  const token = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(token, /^ng-\w{16}-m1-\w{22}$/);
  await page.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row', { name: 'Auditor' });
  await row.getByText(`Auditor ${markup}`).waitFor();
  await row.getByText('viewer', { exact: true }).waitFor();
  await inspectPage(page, 'settings-keys');

  const viewer = await dashboard.open('/settings/keys', { managementKey: token });
  await viewer.getByRole('row', { name: 'Auditor' }).waitFor();

  await row.getByRole('button', { name: /^Delete/ }).click();
  await dialog.getByLabel(/^Type/).fill(`Auditor ${markup}`);
  await dialog.getByRole('button', { name: 'Delete key' }).click();
  await row.waitFor({ state: 'detached' });
  await viewer.reload();
  await viewer.getByRole('heading', { name: 'Sign in to Tollgate' }).waitFor();
});

test('viewers see no control that would change something', async () => {
  const viewerKey = await newManagementKey('viewer', 'Viewer');
  await dashboard.stack.saveSecret('seen', 'by-viewers', 'sk-hidden');
  const page = await dashboard.open('/keys', { managementKey: viewerKey });
  const writing = /create|edit|delete|rotate|add|buy|grant|take back|send|pause|resume|subscribe|act for|suspend|save/i;
  for (const [path, seen] of [
    ['keys', 'default'],
    ['credits', 'Transactions'],
    ['providers', 'by-viewers'],
    ['settings/keys', 'Viewer'],
    ['settings/destinations', 'No destinations yet'],
    ['settings/audit', 'Create API key'],
    ['settings/account', dashboard.stack.accountId],
  ] as const) {
    await page.goto(`${dashboard.stack.managementUrl}/dashboard/${path}`);
    await page.getByRole('main').getByText(seen).first().waitFor();
    // Changes in the audit log are buttons too, which show them.
    const names = await page.locator('main button:not(.link)').allTextContents();
    assert.deepEqual(
      names.filter(name => writing.test(name)),
      [],
      path,
    );
  }
});

test('a webhook gets its test event, then the events that it is subscribed to, and its state shows', async () => {
  const page = await dashboard.open('/settings/destinations');
  await page.getByText('No destinations yet').waitFor();
  await page.getByRole('button', { name: 'Add destination' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill(`Hook ${markup}`);
  await dialog.getByLabel('URL').fill(receiver.url);
  await dialog.getByLabel('Signing secret').fill('a secret of some length');
  await dialog.getByLabel('Metadata').fill(markup);
  await inspectPage(page, 'settings-destination-add');
  await dialog.getByRole('button', { name: 'Add destination' }).click();

  const card = page.getByRole('region', { name: 'Destination Hook' });
  await card.getByRole('heading', { name: `Hook ${markup}` }).waitFor();
  await card.getByText('nothing sent yet').waitFor();
  await card.getByRole('button', { name: /^Send test event/ }).click();
  await card.getByText(/The test event arrived in \d/).waitFor();
  assert.deepEqual(
    receiver.events().map(({ event_type }) => event_type),
    ['event_destination_test.v0'],
  );
  assert.ok(receiver.receipts.every(receipt => isSigned(receipt, 'a secret of some length')));

  await page.getByRole('button', { name: 'Subscribe' }).click();
  await dialog.getByLabel('Description').fill(`Changes ${markup}`);
  await dialog.getByLabel('Event type').selectOption('vault_created.v0');
  await dialog.getByLabel('Only if').fill('this is not CEL');
  await dialog.getByRole('button', { name: 'Subscribe' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Only if').fill('ev.object.vault.id != "x"');
  await inspectPage(page, 'settings-subscribe');
  await dialog.getByRole('button', { name: 'Subscribe' }).click();
  await page.getByRole('row', { name: `Changes ${markup}` }).waitFor();
  await until(async () => {
    await dashboard.stack.manage('POST', '/vaults', { name: `noticed-${crypto.randomUUID()}` });
    await card.getByText('delivering').waitFor({ timeout: 3_000 });
  });

  receiver.answer = response => response.writeHead(503).end('down');
  await card.getByRole('button', { name: /^Send test event/ }).click();
  await card.getByText('The test event did not arrive (HTTP 503)').waitFor();
  await inspectPage(page, 'settings-destinations');

  await card.getByRole('button', { name: /^Dead letters/ }).click();
  await dialog.getByText('No dead letters').waitFor();
  await page.keyboard.press('Escape');
  await card.getByRole('button', { name: /^Pause/ }).click();
  await card.getByText('It gets nothing, and nothing is kept for it.').waitFor();
  await card.getByRole('button', { name: /^Resume/ }).click();
  await card.getByRole('button', { name: /^Pause/ }).waitFor();
});

test('the audit log tells who changed what', async () => {
  assert.equal((await dashboard.stack.manage('DELETE', '/vaults/vault_000000000000000')).status, 404);
  const page = await dashboard.open('/settings/audit');
  const log = page.getByRole('region', { name: 'Audit log' });
  await log.getByRole('row').nth(50).waitFor();
  await inspectPage(page, 'settings-audit');
  await page.getByRole('button', { name: 'Show more' }).click();
  await log.getByRole('row').nth(51).waitFor();
  await log.getByRole('button', { name: 'Create event subscription' }).first().waitFor();
  await log.getByText('refused').first().waitFor();
  await log.getByRole('button', { name: 'Create event destination' }).first().click();
  await page.getByRole('dialog').getByText('POST /event_destinations').waitFor();
  await inspectPage(page, 'settings-audit-event');
});

test('operators make accounts, act for them under a banner, and suspend them', async () => {
  const page = await dashboard.open('/settings/account');
  await page.getByRole('button', { name: 'Create account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill(`Customer ${markup}`);
  await dialog.getByLabel('Metadata').fill(markup);
  await dialog.getByRole('button', { name: 'Create account' }).click();
  const row = page.getByRole('row', { name: 'Customer' });
  await row.getByText(`Customer ${markup}`).waitFor();
  await row.getByRole('button', { name: /^Act for/ }).click();
  const banner = page.getByText(/^You act for/);
  await banner.getByText(`Customer ${markup}`).waitFor();
  await inspectPage(page, 'settings-account');

  await page.getByRole('link', { name: 'Keys', exact: true }).click();
  await page.getByText('No keys yet').waitFor();
  await inspectPage(page, 'keys-empty');
  await page.getByRole('link', { name: 'Credits', exact: true }).click();
  await page.getByRole('heading', { name: 'No credits' }).waitFor();
  await page.getByRole('button', { name: 'Back to your own account' }).click();
  await banner.waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'Lots' }).waitFor();

  await page.goto(`${dashboard.stack.managementUrl}/dashboard/settings/account`);
  await row.getByRole('button', { name: /^Suspend/ }).click();
  await dialog.getByLabel(/^Type/).fill(`Customer ${markup}`);
  await dialog.getByRole('button', { name: 'Suspend account' }).click();
  await row.getByText('suspended').waitFor();
});
