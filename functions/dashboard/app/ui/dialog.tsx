import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useAction } from '../load.ts';
import { Button, Field, Form } from './form.tsx';
import { Icon } from './icons.tsx';
import { ErrorNote } from './states.tsx';

/** Above everything else until it is closed; Escape closes it too. */
export function Dialog({
  title,
  onClose,
  children,
  isWide = false,
}: {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  isWide?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const opener = document.activeElement;
    if (!dialog.current?.open) dialog.current?.showModal();
    // Who works with the keyboard goes on where the dialog was opened; until it is gone nothing else takes the focus.
    return () => setTimeout(() => opener instanceof HTMLElement && opener.focus());
  }, []);
  return (
    <dialog ref={dialog} class={isWide ? 'dialog dialog-wide' : 'dialog'} aria-labelledby={titleId} onClose={onClose}>
      <div class="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" class="icon-button" onClick={onClose}>
          <Icon name="close" label="Close" />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

/** A dialog that makes or changes something, and closes once that is done. */
export function FormDialog({
  title,
  verb,
  act,
  onClose,
  children,
}: {
  title: string;
  verb: string;
  act(): Promise<unknown>;
  onClose(): void;
  children: ComponentChildren;
}) {
  const { run, isBusy, error } = useAction(async () => {
    await act();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSend={run}>
        {children}
        {error !== undefined && <ErrorNote error={error} />}
        <div class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {verb}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** Asks once more before something is gone. @param word what has to be typed, such as the thing's name */
export function ConfirmDialog({
  title,
  word,
  verb,
  act,
  onClose,
  children,
}: {
  title: string;
  word: string;
  verb: string;
  act(): Promise<unknown>;
  onClose(): void;
  children: ComponentChildren;
}) {
  const [typed, setTyped] = useState('');
  const { run, isBusy, error } = useAction(async () => {
    await act();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSend={() => typed === word && run()}>
        <div>{children}</div>
        <Field label={`Type “${word}” to confirm`}>
          <input
            value={typed}
            onInput={event => setTyped(event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
          />
        </Field>
        {error !== undefined && <ErrorNote error={error} />}
        <div class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={typed !== word} isBusy={isBusy}>
            {verb}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
