import type { Catalog } from '../core/catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import type { Fee } from '../core/fee.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { PolicyRequest, PolicyServices } from '../policy/run/policy-run.ts';
import type { Egress } from '../providers/egress.ts';
import type { CompiledPolicy } from '../routing/compile-policy.ts';
import type { KeyHealth } from '../routing/key-health.ts';
import type { GatewayKey } from '../store/access-keys.ts';
import type { AccountSecrets } from '../store/account-secrets.ts';
import type { Account } from '../store/accounts.ts';
import type { Balances } from '../store/balances.ts';
import type { Store } from '../store/dynamo.ts';
import type { Endpoint } from '../store/endpoints.ts';
import type { KeyLimits } from '../store/key-limits.ts';
import type { UsageRecord } from '../store/usage.ts';
import type { RequestLine } from './request-line.ts';

/** A request as it reached the gateway, whatever carried it: a Function URL, API Gateway or a test. */
export interface GatewayRequest extends PolicyRequest {
  clientIp: string;
  /** `HTTP/1.1` */
  httpVersion: string;
  /** Headers that the policy has added, which providers get as well. */
  addedHeaders?: ReadonlySet<string>;
  /** How long whatever runs the gateway will wait for it. */
  timeLeftMs: number;
}

/** An answer on its way out. */
export interface GatewayResponse {
  status: number;
  headers: Record<string, string>;
  /** To be written at the client's pace and read to its end, whether or not the client still listens. */
  body: AsyncIterable<string | Buffer>;
  /** Bookkeeping, to be awaited after the client has its answer: settles the hold and writes the usage record. */
  finish(): Promise<RequestEnd>;
}

/** What is known of a request when its bookkeeping is done. */
export interface RequestEnd {
  /** Undefined where no model was asked. */
  record: UsageRecord | undefined;
  /** Provider keys and secrets that were used: they may show in no other place. */
  credentials: readonly string[];
}

export const nothingRecorded: RequestEnd = { record: undefined, credentials: [] };

/** An endpoint with its policy ready to run. */
export interface LoadedEndpoint extends Endpoint {
  policy: CompiledPolicy;
}

/** Everything the gateway works with, put together once per process. */
export interface Gateway {
  now: Clock;
  randomBytes: RandomBytes;
  /** Catalog providers, and those that the local stack adds. */
  catalog: Catalog;
  fee: Fee;
  egress: Egress;
  /** What the rules of policies can use. */
  policyServices: Omit<PolicyServices, 'callModels'>;
  store: Store;
  balances: Balances;
  keyLimits: KeyLimits;
  /** Cached look-ups; each is as old as the configured cache time at most. */
  gatewayKeyOf(token: string): Promise<GatewayKey | undefined>;
  account(accountId: string): Promise<Account | undefined>;
  endpoint(accountId: string, endpointId: string): Promise<LoadedEndpoint | undefined>;
  endpointBySlug(slug: string): Promise<LoadedEndpoint | undefined>;
  /** @param host in lower case, without a port */
  endpointByHost(host: string): Promise<LoadedEndpoint | undefined>;
  /** The deployment's own keys: provider id → key. */
  managedKeys(): Promise<Record<string, string>>;
  /** The same, read again now: a provider refused one of them. */
  managedKeysAgain(): Promise<Record<string, string>>;
  /** Secrets that policies name. */
  accountSecrets: AccountSecrets;
  /** How provider keys fared lately. */
  keyHealth: KeyHealth;
  /** Tokens of a text as the model would count them. */
  countTokens(modelId: string, text: string): number;
  /** Base URLs that replace a provider's own; only the local stack has any. */
  baseUrls: ReadonlyMap<string, string>;
  /** Remembers that a key was used in this minute; true the first time. */
  isFirstUseInMinute(keyId: string, minute: string): boolean;
  /** Writes the line of a finished request; absent when nobody wants a log. */
  logRequest?: ((line: RequestLine) => void) | undefined;
  /** Under which CloudWatch keeps the metrics in those lines. */
  metricsNamespace: string;
  /** One line for an operator: what went wrong, never what was in a request. */
  report(message: string, error: unknown): void;
}
