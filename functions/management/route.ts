import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ZodType, z } from 'zod';
import type { ProviderData } from '../core/catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import type { Fee } from '../core/fee.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Role } from '../core/roles.ts';
import type { Account } from '../store/accounts.ts';
import type { Store } from '../store/dynamo.ts';
import type { SecretReader } from '../store/secrets.ts';
import type { Session } from '../store/sessions.ts';

export { mayAct } from '../core/roles.ts';

/** What every route of the management API works with. */
export interface Management {
  store: Store;
  secrets: SecretReader;
  pepperSecret: string;
  now: Clock;
  randomBytes: RandomBytes;
  /** Requests a minute and account. */
  rateLimit: number;
  /** Whether policies may name loopback addresses: only on the local stack. */
  allowLoopback: boolean;
  /** Providers that the local stack adds to the catalog. */
  extraProviders: ProviderData[];
  report(message: string, error: unknown): void;
  /** What the deployment charges on top; only functions that say what a request may cost have it. */
  fee?: Fee | undefined;
  /** Where the values of accounts' secrets lie; only the function that writes them has it. */
  accountSecrets?: { client: SecretsManagerClient; prefix: string } | undefined;
  /** What event destinations need; only the function that manages them has it. */
  events?: EventSettingsAccess | undefined;
  /** How Stripe is reached; only the function that sells credits has it. */
  stripe?: StripeSettings | undefined;
  /** Where the gateway is; only the function that sends requests again has it. */
  gatewayUrl?: string | undefined;
}

export interface EventSettingsAccess {
  secrets: SecretsManagerClient;
  /** Before the names of destinations' secrets. */
  secretsPrefix: string;
  /** Addresses that events may go to. */
  egressRules: { allowLoopback: boolean; allowPrivate: boolean; storePorts?: readonly number[] };
}

export interface StripeSettings {
  /** Secret that holds `{"secret_key": "sk_…", "webhook_secret": "whsec_…"}`. */
  secretId: string;
  /** Where Stripe's API is, when it is not at Stripe: for the local stack and tests. */
  apiBase: string | undefined;
}

/** Who calls. */
export interface Caller {
  /** Id of the management key. */
  id: string;
  role: Role;
  /** The account that the request is about: the caller's own, or the one that an operator names. */
  accountId: string;
  homeAccountId: string;
  /** Requests of one bucket are counted together, see `rate-limit.ts`. */
  bucket: string;
  /** Of the dashboard, when that is what stands for the key. */
  session?: Session;
}

/** A request whose key is proven and whose input is checked. */
export interface ManagementRequest<Body, Query> {
  /** Parts of the path, such as `id`. */
  parameters: Record<string, string>;
  query: Query;
  body: Body;
  caller: Caller;
  /** The account of `caller.accountId`. */
  account: Account;
  /** `https://host` of this API, for links in answers. */
  origin: string;
  /** The `Idempotency-Key` header, for routes that say `idempotent`. */
  idempotencyKey: string | undefined;
  /** The `If-Match` header, for routes that say `locked`. */
  ifMatch: string | undefined;
}

/** Names a request, and where it came from. */
export interface RequestSource {
  operationId: string;
  sourceIp: string;
}

/** A request that needs no key. */
export interface PublicRequest {
  /** Lower-case names. */
  headers: Record<string, string | undefined>;
  rawBody: Buffer;
  origin: string;
  source: RequestSource;
}

export interface ManagementAnswer {
  status: 200 | 201 | 204;
  body?: object;
  /** In place of a body: text of the type that the route says. */
  text?: string;
  headers?: Record<string, string>;
}

interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With parameters in braces: `/ai_gateway_api_keys/{id}`. */
  path: string;
  /** What it does, in a few words, for the API description. */
  summary: string;
  /** What it answers when it succeeds; undefined for an empty answer. */
  answer: ZodType | undefined;
  /** Where the answer is text: its content types. JSON unless said. */
  answerTypes?: readonly string[];
}

/** One operation of the management API. */
export interface Route<Body = unknown, Query = unknown> extends Operation {
  /** The least role that may. */
  role: Role;
  body?: ZodType<Body>;
  query?: ZodType<Query>;
  /** Takes `Idempotency-Key`. */
  idempotent?: true;
  /** Takes `If-Match`. */
  locked?: true;
  /** Only computes something, whatever its method: there is nothing to audit. */
  changesNothing?: true;
  /** What the audit log says in words of a change that somebody will ask about; never a value that is secret. */
  auditNote?(body: Body): string | undefined;
  handle(request: ManagementRequest<Body, Query>, management: Management): Promise<ManagementAnswer>;
}

/** An operation that proves its caller in its own way, or serves everybody. What it changes it has to record itself. */
export interface PublicRoute extends Operation {
  role: 'public';
  handle(request: PublicRequest, management: Management): Promise<ManagementAnswer>;
}

export type AnyRoute = Route | PublicRoute;

/** Ties the type of a route's input to its schemas. */
export function route<Body extends ZodType, Query extends ZodType>(
  definition: Omit<Route<z.output<Body>, z.output<Query>>, 'body' | 'query'> & { body?: Body; query?: Query },
): Route {
  return definition as unknown as Route;
}
