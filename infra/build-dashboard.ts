import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

const projectRoot = join(import.meta.dirname, '..');
const appFolder = join(projectRoot, 'functions/dashboard/app');

/**
 * Builds the dashboard: one page, and scripts and styles whose names hold a hash of what is in them. Pages that need an
 * editor or a chart load it when they are opened.
 * @param folder is emptied first
 */
export function buildDashboard(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: [join(appFolder, 'main.tsx')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    logLevel: 'warning',
  });
  const outputs = Object.entries(metafile.outputs);
  const entry = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith('main.tsx'));
  if (!entry?.[1].cssBundle) throw new Error('the dashboard was built without its script or its styles');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), toPage(basename(entry[0]), basename(entry[1].cssBundle)));
}

const icon =
  '%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22%3E%3Crect width=%2232%22 height=%2232%22 rx=%227%22 fill=%22%230f766e%22/%3E%3Cpath d=%22M8 12h16M16 12v12M11 8h10%22 stroke=%22white%22 stroke-width=%223%22 stroke-linecap=%22round%22/%3E%3C/svg%3E';

function toPage(script: string, styles: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tollgate</title>
<link rel="icon" href="data:image/svg+xml,${icon}">
<link rel="stylesheet" href="/dashboard/${styles}">
<script type="module" src="/dashboard/${script}"></script>
</head>
<body><div id="app"></div><noscript>The dashboard needs JavaScript; everything in it can also be done through the management API.</noscript></body>
</html>
`;
}
