import type { AiGatewayApiKey, ApiKey } from '../api.ts';
import { Field } from '../ui/form.tsx';
import { Time } from '../ui/values.tsx';

export interface Bound {
  name: string;
  value: string;
  onInput(event: Event): void;
}

/** Every object of the API has these two. */
export function DescriptionField({ bound, placeholder }: { bound: Bound; placeholder?: string }) {
  return (
    <Field label="Description">
      <input {...bound} maxLength={255} placeholder={placeholder} autocomplete="off" />
    </Field>
  );
}

export function MetadataField({ bound }: { bound: Bound }) {
  return (
    <Field label="Metadata" hint="Your own notes, such as JSON; Tollgate keeps them as they are.">
      <textarea {...bound} class="mono" rows={2} maxLength={4096} spellcheck={false} />
    </Field>
  );
}

/** A positive amount in USD as the API takes it. */
export function UsdField({
  label,
  hint,
  bound,
  isRequired = false,
  placeholder = '10.00',
}: {
  label: string;
  hint?: string;
  bound: Bound;
  isRequired?: boolean;
  placeholder?: string;
}) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      <input
        {...bound}
        inputMode="decimal"
        pattern="\d{1,12}(\.\d{1,9})?"
        title="USD with a point, such as 5.00"
        placeholder={placeholder}
        required={isRequired}
        autocomplete="off"
      />
    </Field>
  );
}

const days: Record<string, number> = { week: 7, month: 30, quarter: 90, year: 365 };

/** When something ends, as it stands in a form: `never`, how long from now, or a moment. */
export interface ExpiryValues {
  expiry: string;
  expiresOn: string;
}

export function expiryFrom(expiresAt: string | null): ExpiryValues {
  return expiresAt === null
    ? { expiry: 'never', expiresOn: '' }
    : { expiry: 'date', expiresOn: toLocalInput(new Date(expiresAt)) };
}

/** @returns null for never */
export function toExpiry({ expiry, expiresOn }: ExpiryValues, nowMs = Date.now()): string | null {
  if (expiry === 'never') return null;
  const lasting = days[expiry];
  return (lasting === undefined ? new Date(expiresOn) : new Date(nowMs + lasting * 86_400_000)).toISOString();
}

export function ExpiryField({
  values,
  bind,
  mayBeNever = true,
}: {
  values: ExpiryValues;
  bind(name: 'expiry' | 'expiresOn'): Bound;
  mayBeNever?: boolean;
}) {
  return (
    <div class="field-pair">
      <Field label="Expires">
        <select {...bind('expiry')}>
          {mayBeNever && <option value="never">Never</option>}
          <option value="week">In 7 days</option>
          <option value="month">In 30 days</option>
          <option value="quarter">In 90 days</option>
          <option value="year">In a year</option>
          <option value="date">At a time of your choice</option>
        </select>
      </Field>
      {values.expiry === 'date' && (
        <Field label="Expires at" hint="In your time zone">
          <input {...bind('expiresOn')} type="datetime-local" step="1" required />
        </Field>
      )}
    </div>
  );
}

/** As `datetime-local` takes it: without a zone, in the reader's. */
function toLocalInput(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** How long ago or until, for a column of times. */
export function Ago({ at }: { at: string | null }) {
  return (
    <span class="one-line">
      <Time at={at} isAgo />
    </span>
  );
}

/** A moment, for a column of times. */
export function Moment({ at }: { at: string }) {
  return (
    <span class="moment">
      <Time at={at} />
    </span>
  );
}

/** A key of either kind: what people call it, what its token looks like, and their notes. */
export function KeyName({ of: { id, description, display_name, metadata } }: { of: AiGatewayApiKey | ApiKey }) {
  return (
    <div class="named">
      {description && <Cut text={description} />}
      <span class="mono muted small" title={id}>
        {display_name}
      </span>
      <Metadata text={metadata} />
    </div>
  );
}

/** People's own notes on something, where there are any. */
export function Metadata({ text }: { text: string }) {
  if (text === '') return null;
  return (
    <span class="muted small">
      <Cut text={text} isMono />
    </span>
  );
}

/** A text in one line, whole on hover. */
export function Cut({ text, isMono = false }: { text: string; isMono?: boolean }) {
  return (
    <span class={isMono ? 'cut mono' : 'cut'} title={text}>
      {text}
    </span>
  );
}
