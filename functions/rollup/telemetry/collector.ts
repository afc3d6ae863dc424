/** Where telemetry goes. */
export interface Collector {
  /** @throws CollectorFailed when it may take the same later */
  send(signal: 'traces' | 'metrics', body: object): Promise<void>;
}

/** The collector did not take something that it may take later. */
export class CollectorFailed extends Error {
  override readonly name = 'CollectorFailed';
}

const answerMs = 5_000;
const shownCharactersMax = 300;

/** @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
const retryableStatuses = new Set([408, 429, 500, 502, 503, 504]);

/**
 * A collector that takes OTLP over HTTP as JSON.
 * @param endpoint base URL, to which `/v1/traces` and `/v1/metrics` are added
 * @param headers what it wants to see, such as a vendor's key
 * @throws Error for an endpoint that is no URL
 */
export function openCollector(
  { endpoint, headers }: { endpoint: string; headers: Record<string, string> },
  report: (message: string, error: unknown) => void,
): Collector {
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new Error(
      `TOLLGATE_OTLP_ENDPOINT is "${endpoint}"; give the base URL of a collector, such as http://127.0.0.1:4318`,
    );
  }
  return {
    async send(signal, body) {
      const url = `${endpoint.replace(/\/+$/, '')}/v1/${signal}`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(answerMs),
      }).catch(cause => {
        throw new CollectorFailed(`the collector did not answer ${signal}`, { cause });
      });
      const text = await response.text().catch(() => '');
      if (retryableStatuses.has(response.status)) {
        throw new CollectorFailed(`the collector answered ${signal} with ${response.status}`);
      }
      const refused = response.ok ? partlyRefused(text) : text;
      if (refused === undefined) return;
      // What it will never take is not sent again.
      report(`the collector refused ${signal} (${response.status})`, new Error(refused.slice(0, shownCharactersMax)));
    },
  };
}

function partlyRefused(text: string): string | undefined {
  const partialSuccess = parse(text)?.partialSuccess as Record<string, unknown> | undefined;
  const rejected = Number(partialSuccess?.rejectedSpans ?? partialSuccess?.rejectedDataPoints ?? 0);
  return rejected > 0 ? `${rejected} rejected: ${partialSuccess?.errorMessage ?? ''}` : undefined;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // some answer with protobuf, or with nothing
    throw error;
  }
}

/**
 * Reads headers as OpenTelemetry's own variables have them: `name=value,other=value`, values percent-encoded.
 * @throws Error naming the place of what cannot be read, and not its value, which may be a key
 */
export function readCollectorHeaders(text: string | undefined): Record<string, string> {
  const parts = (text ?? '').split(',').filter(part => part.trim() !== '');
  return Object.fromEntries(
    parts.map((part, index) => {
      const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/.exec(part) ?? [];
      if (name !== undefined && value !== undefined) return [name.toLowerCase(), decode(value.trim(), index)];
      throw new Error(`TOLLGATE_OTLP_HEADERS: entry ${index + 1} is not name=value; separate entries by commas`);
    }),
  );
}

function decode(value: string, index: number): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new Error(`TOLLGATE_OTLP_HEADERS: the value of entry ${index + 1} is not percent-encoded; write % as %25`);
  }
}
