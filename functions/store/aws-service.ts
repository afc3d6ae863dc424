import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { requireVariable } from './settings.ts';
import { type AwsCredentials, createSigner } from './sign-aws-request.ts';

export type AwsServiceDefinition = {
  /** As in endpoints and signatures: `dynamodb`. */
  name: string;
  /** Variable that names another endpoint. */
  endpointVariable: string;
} & (JsonProtocol | QueryProtocol);

/** Takes JSON in POST requests and names the operation in `x-amz-target`. */
interface JsonProtocol {
  /** Before the operation's name in `x-amz-target`: `DynamoDB_20120810`. */
  targetPrefix: string;
  jsonVersion: '1.0' | '1.1';
}

/** Takes a form in POST requests and answers XML, as older services do. */
interface QueryProtocol {
  queryVersion: string;
}

/** Where a service is and who calls it; what is left out comes from the variables that AWS sets. */
export interface AwsConnection {
  endpoint?: string;
  region?: string;
  credentials?: AwsCredentials;
}

export interface CallLimits {
  /** How often a call is made when it may have failed for a moment. */
  attemptsMax: number;
  connectTimeoutMs: number;
  /** From the start of one attempt to the end of its answer. */
  requestTimeoutMs: number;
}

/** The service refused. `name` is its own word: `ConditionalCheckFailedException`. */
export class AwsError extends Error {
  readonly status: number;

  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** No answer came, so nobody knows whether the call took effect. */
export class AwsUnreachable extends Error {
  override readonly name = 'AwsUnreachable';
}

/**
 * Calls one AWS service. The SDK does the same at three times the processor time and half of a cold start, because it
 * works for every service, protocol and source of credentials; a gateway pays that for every request.
 */
export class AwsService {
  private readonly definition: AwsServiceDefinition;
  private readonly limits: CallLimits;
  private readonly url: URL;
  private readonly sign: ReturnType<typeof createSigner>;
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly request: typeof requestHttp;

  /** @throws Error naming the variable that is missing */
  constructor(definition: AwsServiceDefinition, connection: AwsConnection, limits: CallLimits) {
    const { region, endpoint, credentials } = resolve(definition, connection, process.env);
    this.definition = definition;
    this.limits = limits;
    this.url = new URL(endpoint);
    this.sign = createSigner({ service: definition.name, region, credentials });
    const isHttps = this.url.protocol === 'https:';
    this.agent = new (isHttps ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 256 });
    this.request = isHttps ? requestHttps : requestHttp;
  }

  /**
   * @param input and output are the operation's JSON as documented; there are no binary values in ours. Of the query
   *   protocol, input is a flat map of strings and what the service answers is not read
   * @throws AwsError when the service refused, AwsUnreachable when it did not answer
   */
  async call(operation: string, input: object): Promise<unknown> {
    const body = this.toBody(operation, input);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.callOnce(operation, body);
      } catch (error) {
        if (attempt >= this.limits.attemptsMax || !mayPass(error)) throw error;
        await new Promise(resume => setTimeout(resume, Math.random() * retryMs * 2 ** attempt));
      }
    }
  }

  private toBody(operation: string, input: object): string {
    if (!('queryVersion' in this.definition)) return JSON.stringify(input);
    const form = { Action: operation, Version: this.definition.queryVersion, ...(input as Record<string, string>) };
    return new URLSearchParams(form).toString();
  }

  private async callOnce(operation: string, body: string): Promise<unknown> {
    const { status, text } = await this.post(operation, body);
    if ('queryVersion' in this.definition) return readQueryAnswer(status, text);
    const answer: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
    if (status === 200) return answer;
    const name = String(answer.__type ?? `HTTP ${status}`);
    throw new AwsError(name.slice(name.indexOf('#') + 1), String(answer.message ?? answer.Message ?? ''), status);
  }

  private post(operation: string, body: string): Promise<{ status: number; text: string }> {
    const { definition } = this;
    const protocol =
      'queryVersion' in definition
        ? { contentType: 'application/x-www-form-urlencoded; charset=utf-8', target: undefined }
        : {
            contentType: `application/x-amz-json-${definition.jsonVersion}`,
            target: `${definition.targetPrefix}.${operation}`,
          };
    const headers = this.sign({ host: this.url.host, ...protocol, body, sentAt: new Date() });
    headers.push('content-length', String(Buffer.byteLength(body)));
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.url;
      // A list of headers is sent as it is; an object would be checked and sorted into a map first.
      const outgoing = this.request({ hostname, port, path: '/', method: 'POST', headers, agent: this.agent });
      const fail = (reason: string, cause?: unknown) => {
        reject(new AwsUnreachable(`${operation}: ${reason}`, { cause }));
        outgoing.destroy();
      };
      const { connectTimeoutMs, requestTimeoutMs } = this.limits;
      const timer = setTimeout(fail, requestTimeoutMs, `no answer within ${requestTimeoutMs} ms`);
      outgoing.once('close', () => clearTimeout(timer));
      outgoing.once('socket', socket => {
        if (!socket.connecting) return; // a connection that exists needs no limit and gets no timer
        const connecting = setTimeout(fail, connectTimeoutMs, `no connection within ${connectTimeoutMs} ms`);
        socket.once('connect', () => clearTimeout(connecting)).once('close', () => clearTimeout(connecting));
      });
      outgoing.on('error', error => fail(error.message, error));
      outgoing.once('response', response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('error', error => fail(error.message, error));
        response.once('end', () => {
          const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, text: bytes.toString('utf8') });
        });
      });
      outgoing.end(body);
    });
  }
}

function readQueryAnswer(status: number, text: string): object {
  if (status === 200) return {};
  const [, name = `HTTP ${status}`] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message = ''] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  throw new AwsError(name, message, status);
}

/** Once this long, on average, before the first repetition, and twice as long before each further one. */
const retryMs = 25;

/** Refusals that say "later". Anything with a status of 500 or more does so too. */
const throttled = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TransactionInProgressException',
]);

function mayPass(error: unknown): boolean {
  if (error instanceof AwsError) return error.status >= 500 || throttled.has(error.name);
  return error instanceof AwsUnreachable;
}

function resolve(definition: AwsServiceDefinition, connection: AwsConnection, environment: NodeJS.ProcessEnv) {
  const region = connection.region ?? requireVariable(environment, 'AWS_REGION');
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    region,
    endpoint:
      connection.endpoint ??
      environment[definition.endpointVariable] ??
      `https://${definition.name}.${region}.${domain}`,
    credentials: connection.credentials ?? {
      accessKeyId: requireVariable(environment, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: requireVariable(environment, 'AWS_SECRET_ACCESS_KEY'),
      sessionToken: environment.AWS_SESSION_TOKEN,
    },
  };
}
