import { createRequire } from 'node:module';

/** Requires a bundled dashboard as Lambda does, and says how it answers for a page and for the script that the page names. */
const { handler } = createRequire(import.meta.url)(process.argv[2] as string);

async function get(rawPath: string): Promise<{ status: number; type: string; text: string }> {
  const { statusCode, headers, body } = await handler({ rawPath, headers: {} });
  return { status: statusCode, type: headers['content-type'], text: Buffer.from(body, 'base64').toString() };
}

const page = await get('/dashboard/endpoints');
const script = await get(/<script type="module" src="([^"]+)"/.exec(page.text)?.[1] ?? '');
console.log(`${page.status} ${page.type}, ${script.status} ${script.type}`);
