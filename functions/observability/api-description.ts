import { z } from 'zod';
import type { MethodsByPath } from '../management/create-management-handler.ts';
import type { PublicRoute } from '../management/route.ts';

/** OpenAPI 3.1, made from all routes by `npm run openapi`. Loaded when it is asked for: it is large, and seldom needed. */
async function loadDescription(): Promise<{ paths: Record<string, object> }> {
  const { default: description } = await import('../../docs/openapi.json', { with: { type: 'json' } });
  return description;
}

export const apiDescriptionRoute: PublicRoute = {
  method: 'GET',
  path: '/openapi.json',
  role: 'public',
  summary: 'Describe this API as OpenAPI 3.1',
  answer: z.looseObject({ openapi: z.string() }),
  async handle() {
    return { status: 200, body: await loadDescription() };
  },
};

/** What every path of the API takes, for the answer to what no function takes. */
export async function findMethods(): Promise<MethodsByPath> {
  const { paths } = await loadDescription();
  return Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [path, Object.keys(operations).map(name => name.toUpperCase())]),
  );
}
