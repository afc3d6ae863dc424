import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Dashboard, inspectPage, startDashboard } from './browser.ts';

let dashboard: Dashboard;
before(async () => {
  dashboard = await startDashboard();
});
after(() => dashboard.close());

test('one signs in with a management key, which the page cannot read afterwards, and out again', async () => {
  const page = await dashboard.open('', { managementKey: null });
  await inspectPage(page, 'sign-in');
  await page.getByLabel('Management key').fill('ng-wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('management key').waitFor();
  await page.getByLabel('Management key').fill(dashboard.stack.managementKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();

  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
  assert.equal(
    await page.evaluate('document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)'),
    '{}{}',
  );

  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Tollgate' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in to Tollgate' }).waitFor();
});

test('a session that has ended leads to the sign-in and back to the page', async () => {
  const page = await dashboard.open('/keys');
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  const [cookie] = await page.context().cookies();
  await page.context().clearCookies();
  await page
    .context()
    .addCookies([
      { ...cookie, value: 'of-yesterday' } as Parameters<ReturnType<typeof page.context>['addCookies']>[0][0],
    ]);
  await page.reload();
  await page.getByLabel('Management key').fill(dashboard.stack.managementKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
});

test('the first view is under 200 KB, with everything that it loads', async () => {
  const page = await dashboard.open();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByText('Loading…').first().waitFor({ state: 'detached' });
  const bytes = await page.evaluate<number>(`performance.getEntriesByType('navigation')
    .concat(performance.getEntriesByType('resource').filter(({ name }) => name.includes('/dashboard/')))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
  assert.ok(bytes > 10_000 && bytes < 200_000, `${bytes} bytes`);
});
