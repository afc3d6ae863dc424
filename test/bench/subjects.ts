import { nodeOptions } from '../../infra/lambda-function.ts';
import type { Bundles } from './bundles.ts';
import { type Started, startScript } from './processes.ts';
import type { Subject } from './subject.ts';

/** Everything that answers during a run. */
export interface Subjects {
  /** The provider itself. */
  direct: Subject;
  pipe: Subject;
  /** The gateway where the endpoint pays the provider itself, and where credits pay. */
  ownKeys: Subject;
  credits: Subject;
  /** Measured on request. */
  portkey: Subject | undefined;
  /** All but `direct`. */
  behind: Subject[];
}

/** What the gateway needs to know of the stack that holds its keys and credits. */
export interface Backing {
  dynamodbUrl: string;
  secretsManagerUrl: string;
  gatewayKey: string;
}

const path = '/v1/chat/completions';

/** Own keys are for OpenAI, the deployment's managed ones for Anthropic: the model decides who pays. */
const ownKeysModel = 'gpt-4o-mini';
const creditsModel = 'claude-haiku-4-5';

/** Starts what is measured, each in a process of its own and in plain JavaScript. */
export class SubjectStarter {
  private readonly bundles: Bundles;
  private readonly backing: Backing;
  private readonly mockUrl: string;

  constructor(bundles: Bundles, backing: Backing, mockUrl: string) {
    this.bundles = bundles;
    this.backing = backing;
    this.mockUrl = mockUrl;
  }

  async pipe(): Promise<[Started, Subject]> {
    const started = await startScript(this.bundles.barePipe, [this.mockUrl]);
    return [started, { ...direct(started), name: 'the bare pipe' }];
  }

  async ownKeys(): Promise<[Started, Subject]> {
    const started = await startScript(this.bundles.functionUrl, [this.bundles.gateway], {
      environment: this.deployedEnvironment(),
    });
    const headers = { authorization: `Bearer ${this.backing.gatewayKey}` };
    return [started, { ...direct(started), name: 'the gateway', headers }];
  }

  async empty(): Promise<[Started, Subject]> {
    const started = await startScript(this.bundles.functionUrl, [this.bundles.emptyHandler], {
      environment: { NODE_OPTIONS: nodeOptions },
    });
    return [started, { ...direct(started), name: 'the empty handler' }];
  }

  /** What the stack sets, and that providers may listen on this machine. */
  private deployedEnvironment(): Record<string, string> {
    return {
      NODE_OPTIONS: nodeOptions,
      AWS_ENDPOINT_URL_DYNAMODB: this.backing.dynamodbUrl,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.backing.secretsManagerUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      TOLLGATE_KEYS_TABLE: 'TollgateKeys',
      TOLLGATE_ENDPOINTS_TABLE: 'TollgateEndpoints',
      TOLLGATE_CREDITS_TABLE: 'TollgateCredits',
      TOLLGATE_USAGE_TABLE: 'TollgateUsage',
      TOLLGATE_PEPPER_SECRET: 'tollgate/pepper',
      TOLLGATE_MANAGED_KEYS_SECRET: 'tollgate/managed-keys',
      TOLLGATE_ACCOUNT_SECRETS_PREFIX: 'tollgate/accounts/',
      TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify({ openai: `${this.mockUrl}/v1`, anthropic: `${this.mockUrl}/v1` }),
      TOLLGATE_ALLOW_LOOPBACK: '1',
    };
  }
}

/** The provider as a subject, and what others have in common with it. */
export function direct({ url, pid }: Started): Subject {
  return { name: 'the provider', origin: url, path, headers: {}, model: ownKeysModel, pid };
}

export function withCredits(ownKeys: Subject): Subject {
  return { ...ownKeys, name: 'the gateway with credits', model: creditsModel };
}
