import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ZodType, z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { ManagementKey, Role } from '../store/access-keys.ts';
import type { Store } from '../store/dynamo.ts';
import type { SecretReader } from '../store/secrets.ts';

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
  report(message: string, error: unknown): void;
  /** Where the values of accounts' secrets lie; only the function that writes them has it. */
  accountSecrets?: { client: SecretsManagerClient; prefix: string } | undefined;
  /** How Stripe is reached; only the function that sells credits has it. */
  stripe?: StripeSettings | undefined;
}

export interface StripeSettings {
  /** Secret that holds `{"secret_key": "sk_…", "webhook_secret": "whsec_…"}`. */
  secretId: string;
  /** Where Stripe's API is, when it is not at Stripe: for the local stack and tests. */
  apiBase: string | undefined;
}

/** A request whose key is proven and whose input is checked. */
export interface ManagementRequest<Body, Query> {
  /** Parts of the path, such as `id`. */
  parameters: Record<string, string>;
  query: Query;
  body: Body;
  caller: ManagementKey;
  /** `https://host` of this API, for links in answers. */
  origin: string;
  idempotencyKey: string | undefined;
}

/** A request that needs no key. */
export interface PublicRequest {
  /** Lower-case names. */
  headers: Record<string, string | undefined>;
  rawBody: Buffer;
  origin: string;
}

export interface ManagementAnswer {
  status: 200 | 201 | 204;
  body?: object;
}

interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With parameters in braces: `/ai_gateway_api_keys/{id}`. */
  path: string;
  /** What it does, in a few words. */
  summary?: string;
  /** What it answers when it succeeds; undefined for an empty answer. */
  answer?: ZodType | undefined;
}

/** One operation of the management API. */
export interface Route<Body = unknown, Query = unknown> extends Operation {
  /** The least role that may. */
  role: Role;
  body?: ZodType<Body>;
  query?: ZodType<Query>;
  /** Takes `Idempotency-Key`. */
  idempotent?: true;
  handle(request: ManagementRequest<Body, Query>, management: Management): Promise<ManagementAnswer>;
}

/** An operation that proves its caller in its own way. */
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

const ranks: Record<Role, number> = { viewer: 0, admin: 1, operator: 2 };

export function mayAct(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed];
}
