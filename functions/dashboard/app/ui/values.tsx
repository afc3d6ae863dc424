import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { formatAgo, formatTime, formatUsd } from '../format.ts';
import { Icon } from './icons.tsx';

/** A time in the reader's zone, in UTC on hover. */
export function Time({
  at,
  isAgo = false,
  children,
}: {
  at: string | null | undefined;
  isAgo?: boolean;
  /** In place of day and time. */
  children?: ComponentChildren;
}) {
  if (!at) return <span class="muted">never</span>;
  return (
    <time
      dateTime={at}
      title={`${new Date(at).toISOString()} (UTC)${isAgo || children ? `\n${formatTime(at)} here` : ''}`}
    >
      {children ?? (isAgo ? formatAgo(at) : formatTime(at))}
    </time>
  );
}

/** USD, with every digit on hover. */
export function Usd({ amount }: { amount: string | number | null | undefined }) {
  if (amount === null || amount === undefined) return <span class="muted">–</span>;
  return <span title={`${amount} USD`}>{formatUsd(amount)}</span>;
}

export function Badge({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'good' | 'warn' | 'bad';
  children: ComponentChildren;
}) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

/** The HTTP status of an answer. */
export function Status({ code }: { code: number }) {
  return <Badge tone={code < 300 ? 'good' : code < 500 ? 'warn' : 'bad'}>{code}</Badge>;
}

/** Puts a text on the clipboard and says so. */
export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  };
  return (
    <button type="button" class="icon-button copy" onClick={copy}>
      <Icon name={isDone ? 'done' : 'copy'} label={isDone ? 'Copied' : label} />
    </button>
  );
}

/** A few lines to be copied, or JSON to be read. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div class="code">
      <section class="code-text" tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      <Copy text={text} label={`Copy ${label}`} />
    </div>
  );
}

/** Names and values, one below the other. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
