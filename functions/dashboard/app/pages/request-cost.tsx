import type { ComponentChildren } from 'preact';
import type { UsageRequest } from '../api.ts';
import { formatCount, formatUsd, usdOfNano } from '../format.ts';
import { Usd } from '../ui/values.tsx';

const classNames: Record<string, string> = {
  input: 'Input',
  cachedInput: 'Cached input',
  cacheWrite: 'Cache write',
  cacheWriteLong: 'Cache write, 1 h',
  inputAudio: 'Audio input',
  cachedInputAudio: 'Cached audio input',
  output: 'Output',
  outputAudio: 'Audio output',
};

/** The arithmetic of the cost, line by line. */
export function Cost({ of: request }: { of: UsageRequest }) {
  const { cost_lines: lines } = request;
  const source = request.attempts.find(({ served }) => served)?.key_source;
  const isOwn = source !== undefined && source !== 'managed';
  if (lines.length === 0) {
    return (
      <p class="muted">
        Nothing was charged: no model answered, or the one that did has no price.
        <LateCost of={request} />
      </p>
    );
  }
  const fee = BigInt(request.fee_nano_usd);
  const overrun = BigInt(request.overrun_nano_usd);
  const waived = BigInt(request.upstream_cost_nano_usd) + fee - overrun - BigInt(request.cost_nano_usd);
  return (
    <div class="table">
      <table class="sum">
        <tbody>
          {lines.map(line => (
            <tr key={line.class}>
              <td>
                {classNames[line.class] ?? line.class}
                <div class="muted small">
                  {formatCount(line.tokens)} tokens × {formatUsd(usdOfNano(line.nano_usd_per_million_tokens))} per
                  million
                </div>
              </td>
              <td class="number">${line.usd}</td>
            </tr>
          ))}
          <Sum name="Provider’s price" detail="the sum, rounded up to a nano-dollar" isTotal>
            {exact(request.upstream_cost_nano_usd)}
          </Sum>
          {fee > 0n && <Sum name="Fee of this deployment">{exact(request.fee_nano_usd)}</Sum>}
          {overrun > 0n && (
            <Sum name="Beyond what was set aside" detail="not charged">
              {exact(-overrun)}
            </Sum>
          )}
          {waived > 0n && (
            <Sum
              name={isOwn ? 'Paid by another provider key' : 'Not charged'}
              detail={isOwn ? 'the provider bills the owner of that key' : 'nothing had been set aside'}
            >
              {exact(-waived)}
            </Sum>
          )}
          <Sum name="Charged" isTotal>
            <strong>{exact(request.cost_nano_usd)}</strong>
          </Sum>
        </tbody>
      </table>
      <LateCost of={request} />
    </div>
  );
}

function Sum({
  name,
  detail,
  isTotal = false,
  children,
}: {
  name: string;
  detail?: string;
  isTotal?: boolean;
  children: ComponentChildren;
}) {
  return (
    <tr class={isTotal ? 'total' : ''}>
      <td>
        {name}
        {detail !== undefined && <div class="muted small">{detail}</div>}
      </td>
      <td class="number">{children}</td>
    </tr>
  );
}

function LateCost({ of: { late_cost_nano_usd } }: { of: UsageRequest }) {
  if (late_cost_nano_usd === '0') return null;
  return (
    <span class="hint">
      {' '}
      An answer came after the request had been given up. It would have cost{' '}
      <Usd amount={usdOfNano(late_cost_nano_usd)} />, which is not charged.
    </span>
  );
}

/** To the last digit, so that the lines add up. */
function exact(nanoUsd: string | bigint): string {
  const usd = usdOfNano(nanoUsd);
  return usd.startsWith('-') ? `−$${usd.slice(1)}` : `$${usd}`;
}

const kinds: Record<UsageRequest['ledger'][number]['kind'], [name: string, why: string]> = {
  hold: ['Set aside', 'the most that it could cost, before it began'],
  release: ['Given back', 'what was set aside'],
  charge: ['Charged', 'what it did cost'],
  abandoned: ['Abandoned', 'nothing is charged for a request that was lost'],
};

/** What the request did to the balance, row by row. */
export function Ledger({ of: { ledger, cost_nano_usd } }: { of: UsageRequest }) {
  if (ledger.length === 0) {
    return <p class="muted">The balance was not touched: nothing had to be set aside.</p>;
  }
  return (
    <div class="table">
      <table class="sum">
        <tbody>
          {ledger.map(({ kind, amount_nano_usd }) => (
            <Sum key={kind} name={kinds[kind][0]} detail={kinds[kind][1]}>
              {signed(amount_nano_usd)}
            </Sum>
          ))}
          <Sum name="Change of the balance" isTotal>
            <strong>{signed((-BigInt(cost_nano_usd)).toString())}</strong>
          </Sum>
        </tbody>
      </table>
    </div>
  );
}

function signed(nanoUsd: string): string {
  return BigInt(nanoUsd) > 0n ? `+${exact(nanoUsd)}` : exact(nanoUsd);
}
