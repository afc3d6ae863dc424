import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { managementInventory } from '../management-routes.ts';
import { toClientSource } from './client-source.ts';
import { type OpenApi, toOpenApi } from './document.ts';

const root = join(import.meta.dirname, '../..');

/** What is made from the routes and checked in. */
export function generatedFiles(): Record<string, string> {
  const document: OpenApi = toOpenApi(Object.values(managementInventory).flat());
  return {
    [join(root, 'docs/openapi.json')]: `${JSON.stringify(document, null, 2)}\n`,
    [join(root, 'functions/management/client.generated.ts')]: toClientSource(document),
  };
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(file, text);
}
