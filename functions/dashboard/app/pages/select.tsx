import { Field } from '../ui/form.tsx';

export interface Option {
  value: string;
  name: string;
}

/** A filter with few values. One that the options lack, as from a link, stays chosen under its own name. */
export function Select({
  label,
  value,
  all,
  options,
  onChange,
}: {
  label: string;
  /** Empty for everything. */
  value: string;
  /** What everything is called. */
  all: string;
  options: readonly Option[];
  onChange(value: string): void;
}) {
  const isUnknown = value !== '' && options.every(option => option.value !== value);
  return (
    <Field label={label}>
      <select value={value} onChange={event => onChange(event.currentTarget.value)}>
        <option value="">{all}</option>
        {isUnknown && <option value={value}>{value}</option>}
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </Field>
  );
}
