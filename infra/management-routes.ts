/** The functions behind the management API, each named like its folder under `functions/`. */
export type ManagementFunction = 'keys' | 'credits' | 'endpoints' | 'observability';

export interface ManagementRoute {
  /** As API Gateway writes it: `{id}` stands for one segment. */
  path: string;
  methods: readonly ('GET' | 'POST' | 'PATCH' | 'DELETE')[];
  function: ManagementFunction;
}

/** Every route of the management API: what the deployed API and the local one both serve. */
export const managementRoutes: readonly ManagementRoute[] = [
  { path: '/ai_gateway_api_keys', methods: ['GET', 'POST'], function: 'keys' },
  { path: '/ai_gateway_api_keys/{id}', methods: ['GET', 'PATCH', 'DELETE'], function: 'keys' },
  { path: '/credits/balance', methods: ['GET'], function: 'credits' },
  { path: '/credits/grants', methods: ['POST'], function: 'credits' },
  { path: '/credits/refunds', methods: ['POST'], function: 'credits' },
  { path: '/credits/transactions', methods: ['GET'], function: 'credits' },
  { path: '/endpoints/{id}', methods: ['GET', 'PATCH'], function: 'endpoints' },
  { path: '/usage/requests/{id}', methods: ['GET'], function: 'observability' },
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
  requestHeaders: ['authorization', 'content-type', 'idempotency-key', 'ngrok-version'],
  responseHeaders: ['retry-after'],
  credentials: true,
  preflightMaxAgeSeconds: 600,
} as const;
