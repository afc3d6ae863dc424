import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** Where the dashboard lies below its host. */
export const basePath = '/dashboard';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * What every page may do: run and show what came from here, and talk to where it came from. Nothing inline, nothing of
 * third parties, and nobody may put it into a frame.
 */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Names of files hold a hash of what is in them; the page that names them does not. */
const forEver = 'public, max-age=31536000, immutable';

interface StaticFile {
  type: string;
  gzipped: Buffer;
  plain: Buffer;
}

/** The built dashboard, as it is served. @param folder holds `index.html` and the files that it names */
export function openFiles(folder: string) {
  const files = new Map<string, StaticFile>();
  for (const name of readdirSync(folder)) {
    const plain = readFileSync(join(folder, name));
    const type = types[extname(name)];
    if (type) files.set(name, { type, plain, gzipped: gzipSync(plain, { level: 9 }) });
  }
  return (event: APIGatewayProxyEventV2): APIGatewayProxyStructuredResultV2 => {
    const path = event.rawPath;
    if (path === '/') return { statusCode: 302, headers: { location: basePath } };
    const name = path.slice(basePath.length + 1);
    const asset = name === 'index.html' ? undefined : files.get(name);
    // Pages of the app have addresses without an extension, and are all the same file.
    const file = asset ?? (extname(name) === '' ? files.get('index.html') : undefined);
    if (!file) return { statusCode: 404, headers: { ...pageHeaders, 'content-type': 'text/plain' }, body: 'Not found' };
    const isGzip = /\bgzip\b/.test(event.headers['accept-encoding'] ?? '');
    return {
      statusCode: 200,
      headers: {
        ...pageHeaders,
        'content-type': file.type,
        'cache-control': asset ? forEver : 'no-cache',
        vary: 'accept-encoding',
        ...(isGzip && { 'content-encoding': 'gzip' }),
      },
      isBase64Encoded: true,
      body: (isGzip ? file.gzipped : file.plain).toString('base64'),
    };
  };
}
