import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Page, chromium as playwright } from 'playwright-core';
import { type ClaimStack, startClaimStack } from '../outside/claims/claim-stack.ts';

/** A real browser in front of a real stack. */
export interface Dashboard {
  stack: ClaimStack;
  /** A window of its own, signed in unless said otherwise; whatever its console complains of fails `close`. */
  open(path?: string, options?: OpenOptions): Promise<Page>;
  close(): Promise<void>;
}

interface OpenOptions {
  /** Null: stays at the sign-in. */
  managementKey?: string | null;
  /** Complaints of the console that the test is about. */
  expected?: RegExp;
}

const desktop = { width: 1280, height: 860 };
const phone = { width: 375, height: 780 };
const screenshots = join(import.meta.dirname, 'screenshots');
const axeSource = readFileSync(join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8');

export async function startDashboard(variables: Record<string, string> = {}): Promise<Dashboard> {
  const stack = await startClaimStack(variables);
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
    headless: true,
  });
  const complaints: string[] = [];
  return {
    stack,
    async open(path = '', { managementKey = stack.managementKey, expected } = {}) {
      const context = await browser.newContext({ viewport: desktop, locale: 'en-US', timezoneId: 'Europe/Berlin' });
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('console', message => {
        // A status that is no success is what some tests are about; what the page makes of it is checked there.
        const isComplaint = message.type() === 'error' || message.type() === 'warning';
        if (!isComplaint || /Failed to load resource/.test(message.text()) || expected?.test(message.text())) return;
        complaints.push(`${page.url()}: ${message.text()}`);
      });
      page.on('pageerror', error => complaints.push(`${page.url()}: ${error}`));
      page.on('request', request => {
        if (!request.url().startsWith(stack.managementUrl) && !request.url().startsWith('data:')) {
          complaints.push(`a request to ${request.url()}`);
        }
      });
      await page.goto(`${stack.managementUrl}/dashboard${path}`);
      if (managementKey !== null) {
        await page.getByLabel('Management key').fill(managementKey);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('navigation', { name: 'Main' }).waitFor({ state: 'attached' });
      }
      return page;
    },
    async close() {
      await browser.close();
      await stack.close();
      assert.deepEqual(complaints, []);
    },
  };
}

/**
 * Looks at a page as it is now, light, dark and on a phone: writes a picture of each to `screenshots/`, and finds nothing
 * that shuts people out or that does not fit a phone.
 */
export async function inspectPage(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  for (const [look, scheme, size] of [
    ['light', 'light', desktop],
    ['dark', 'dark', desktop],
    ['phone', 'light', phone],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    await page.waitForTimeout(150); // charts are drawn anew
    await page.screenshot({ path: join(screenshots, `${name}-${look}.png`), fullPage: look === 'phone' });
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    assert.equal(wide, 0, `${name} (${look}) is wider than its window`);
    assert.deepEqual(await seriousProblems(page), [], `${name} (${look})`);
  }
  await page.setViewportSize(desktop);
}

/** @see https://github.com/dequelabs/axe-core/blob/develop/doc/API.md */
async function seriousProblems(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which no content security policy binds.
  await page.evaluate(axeSource);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(node => node.html.slice(0, 160)).join(' | ')))`);
}
