import { routes as credits } from '../functions/credits/routes.ts';
import { basePath } from '../functions/dashboard/files.ts';
import { routes as sessions } from '../functions/dashboard/routes.ts';
import { routes as destinations } from '../functions/destinations/routes.ts';
import { routes as endpoints } from '../functions/endpoints/routes.ts';
import { routes as keys } from '../functions/keys/routes.ts';
import { accountHeader } from '../functions/management/authenticate.ts';
import type { AnyRoute } from '../functions/management/route.ts';
import { routes as observability } from '../functions/observability/routes.ts';
import { routes as secrets } from '../functions/secrets/routes.ts';

/** The routes of the functions behind the management API, each function named like its folder under `functions/`. */
export const managementInventory = { keys, endpoints, credits, secrets, destinations, observability } satisfies Record<
  string,
  readonly AnyRoute[]
>;

export type ManagementFunction = keyof typeof managementInventory | 'dashboard';

/** Answers what no route takes, so that such an answer looks like every other error. */
export const fallbackFunction: ManagementFunction = 'observability';

export interface ManagementRoute {
  /** As API Gateway writes it: `{id}` stands for one segment. */
  path: string;
  methods: readonly AnyRoute['method'][];
  function: ManagementFunction;
}

/** Beside the API, and no part of it: files for browsers. */
const pageRoutes: readonly ManagementRoute[] = ['/', basePath, `${basePath}/{file+}`].map(path => ({
  path,
  methods: ['GET'],
  function: 'dashboard',
}));

/** Every path of the management API and its dashboard: what the deployed API and the local one both serve. */
export const managementRoutes: readonly ManagementRoute[] = [
  ...(
    Object.entries({ ...managementInventory, dashboard: sessions }) as [ManagementFunction, readonly AnyRoute[]][]
  ).flatMap(([name, routes]) =>
    [...new Set(routes.map(({ path }) => path))].map(path => ({
      path,
      methods: routes.filter(route => route.path === path).map(({ method }) => method),
      function: name,
    })),
  ),
  ...pageRoutes,
];

/**
 * Which pages of other origins may call the management API from a browser. Any page may: nothing is authorised by
 * being in a browser, because the credential is a header that the page must hold. Origins are listed by scheme, since
 * `*` cannot be combined with credentials.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export const managementCors = {
  origins: ['https://*', 'http://*'],
  methods: ['GET', 'POST', 'PATCH', 'DELETE'],
  requestHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'ngrok-version', accountHeader],
  responseHeaders: ['etag', 'link', 'retry-after'],
  credentials: true,
  preflightMaxAgeSeconds: 600,
} as const;
