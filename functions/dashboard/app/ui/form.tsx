import { type ComponentChildren, cloneElement, type HTMLAttributes, type JSX, type VNode } from 'preact';
import { useId, useState } from 'preact/hooks';

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'kind'> & {
  kind?: 'primary' | 'plain' | 'danger';
  /** Shows that it works, and takes no second click. */
  isBusy?: boolean;
};

export function Button({ kind = 'plain', isBusy = false, type = 'button', children, disabled, ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} class={`button button-${kind}`} disabled={disabled || isBusy} aria-busy={isBusy}>
      {isBusy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

/** A label, one input, and below it what helps or what is wrong. */
export function Field({
  label,
  hint,
  problem,
  children,
}: {
  label: string;
  hint?: ComponentChildren;
  problem?: string | undefined;
  children: VNode<HTMLAttributes>;
}) {
  const id = useId();
  const helpId = `${id}-help`;
  const hasHelp = hint !== undefined || problem !== undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {cloneElement(children, {
        id,
        ...(hasHelp && { 'aria-describedby': helpId }),
        ...(problem !== undefined && { 'aria-invalid': true }),
      })}
      {hasHelp && (
        <p id={helpId} class={problem === undefined ? 'hint' : 'hint problem'}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

/** A form that sends itself through `onSend`, on Enter too. */
export function Form({ onSend, children }: { onSend(): void; children: ComponentChildren }) {
  return (
    <form
      class="form"
      onSubmit={event => {
        event.preventDefault();
        onSend();
      }}
    >
      {children}
    </form>
  );
}

/** What stands in the inputs of a form; `bind` goes into an input, a select or a textarea. */
export function useFields<Values extends Record<string, string>>(initial: Values) {
  const [values, setValues] = useState(initial);
  const set = (changes: Partial<Values>) => setValues(before => ({ ...before, ...changes }));
  const bind = (name: keyof Values & string) => ({
    name,
    value: values[name] as string,
    onInput: (event: Event) => set({ [name]: (event.currentTarget as HTMLInputElement).value } as Partial<Values>),
  });
  return { values, set, bind };
}
