import type { UsageRequest } from '../api.ts';
import { formatMs, usdOfNano } from '../format.ts';
import { Badge, Status, Usd } from '../ui/values.tsx';

type Attempt = UsageRequest['attempts'][number];

const keySources: Record<Attempt['key_source'], string> = {
  managed: 'Tollgate’s key',
  own: 'the endpoint’s key',
  client: 'the client’s key',
  none: 'no key',
};

/** One line for each attempt, in order: each began when the one before had failed. */
export function Attempts({ of: { attempts, total_ms, gateway_latency_ms } }: { of: UsageRequest }) {
  if (attempts.length === 0) {
    return <p class="muted">No provider was called: the request was refused, or answered, before that.</p>;
  }
  const gatewayMs = gateway_latency_ms ?? 0;
  const starts = attempts.map((_, index) =>
    attempts.slice(0, index).reduce((sum, attempt) => sum + attempt.total_ms, gatewayMs),
  );
  const endMs = (starts.at(-1) ?? 0) + (attempts.at(-1)?.total_ms ?? 0);
  const scaleMs = Math.max(endMs, total_ms ?? 0, 1);
  return (
    <>
      <ol class="attempts">
        {gatewayMs > 0 && (
          <li>
            <div class="attempt-head">
              <span>Tollgate: key, policy, balance</span>
              <span class="attempt-time">{formatMs(gatewayMs)}</span>
            </div>
            <Bar parts={[{ kind: 'gateway', ms: gatewayMs }]} startMs={0} scaleMs={scaleMs} />
          </li>
        )}
        {attempts.map((attempt, index) => (
          <Line
            key={`${starts[index]}-${attempt.model}`}
            attempt={attempt}
            number={index + 1}
            startMs={starts[index] ?? 0}
            scaleMs={scaleMs}
          />
        ))}
      </ol>
      <div class="bar-legend small muted" aria-hidden="true">
        <span class="bar-key bar-wait">until headers</span>
        <span class="bar-key bar-think">until first token</span>
        <span class="bar-key bar-stream">answer</span>
        {attempts.some(({ served }) => !served) && <span class="bar-key bar-failed">failed</span>}
      </div>
    </>
  );
}

function Line({
  attempt,
  number,
  startMs,
  scaleMs,
}: {
  attempt: Attempt;
  number: number;
  startMs: number;
  scaleMs: number;
}) {
  const { provider, model, key_source, key_id, served, status_code, failure, error } = attempt;
  const lost = attempt.upstream_cost_nano_usd;
  return (
    <li>
      <div class="attempt-head">
        <span class="badges">
          <strong>{number}.</strong>
          <span class="break">{`${provider}:${model}`}</span>
          {status_code === 0 ? <Badge tone="bad">no answer</Badge> : <Status code={status_code} />}
          {served && <Badge tone="good">answered the client</Badge>}
        </span>
        <span class="attempt-time">{formatMs(attempt.total_ms)}</span>
      </div>
      <Bar parts={partsOf(attempt)} startMs={startMs} scaleMs={scaleMs} />
      <p class="muted small break">
        with {keySources[key_source]}
        {key_id !== null && ` ${key_id}`}
        {attempt.headers_ms !== null && `, headers after ${formatMs(attempt.headers_ms)}`}
        {attempt.time_to_first_token_ms !== null && `, first token after ${formatMs(attempt.time_to_first_token_ms)}`}
      </p>
      {(failure !== null || error !== null) && <p class="problem small break">{error ?? failure}</p>}
      {lost !== null && (
        <p class="muted small">
          The provider reported <Usd amount={usdOfNano(lost)} /> for it, which is not charged.
        </p>
      )}
    </li>
  );
}

type Part = { kind: 'gateway' | 'wait' | 'think' | 'stream' | 'failed'; ms: number };

function partsOf({ served, headers_ms, time_to_first_token_ms, total_ms }: Attempt): Part[] {
  if (!served) return [{ kind: 'failed', ms: total_ms }];
  const headersMs = Math.min(headers_ms ?? 0, total_ms);
  const firstMs = Math.max(headersMs, Math.min(time_to_first_token_ms ?? headersMs, total_ms));
  return [
    { kind: 'wait', ms: headersMs },
    { kind: 'think', ms: firstMs - headersMs },
    { kind: 'stream', ms: total_ms - firstMs },
  ];
}

function Bar({ parts, startMs, scaleMs }: { parts: Part[]; startMs: number; scaleMs: number }) {
  const percent = (ms: number) => `${(ms / scaleMs) * 100}%`;
  return (
    <div class="bar" aria-hidden="true">
      <span style={{ width: percent(startMs) }} />
      {parts.map(({ kind, ms }) => ms > 0 && <span key={kind} class={`bar-${kind}`} style={{ width: percent(ms) }} />)}
    </div>
  );
}
