import { useRef } from 'preact/hooks';
import { type SignedIn, signIn } from './api.ts';
import { useAction } from './load.ts';
import { Button, Field } from './ui/form.tsx';
import { Logo } from './ui/icons.tsx';
import { ErrorNote } from './ui/states.tsx';

export function SignIn({ hasEnded, onSignedIn }: { hasEnded: boolean; onSignedIn(session: SignedIn): void }) {
  const input = useRef<HTMLInputElement>(null);
  const { run, isBusy, error } = useAction(async () => onSignedIn(await signIn(input.current?.value.trim() ?? '')));
  return (
    <main class="sign-in">
      <form
        onSubmit={event => {
          event.preventDefault();
          run();
        }}
      >
        <Logo />
        <h1>Sign in to Tollgate</h1>
        {hasEnded && <p class="note">Your session has ended. Sign in again to go on where you were.</p>}
        <Field
          label="Management key"
          hint="On your own machine it is in first-run.json; a deployment keeps it in Secrets Manager."
        >
          <input
            ref={input}
            type="password"
            name="management-key"
            autocomplete="current-password"
            placeholder="ng-…-m1-…"
            required
            spellcheck={false}
          />
        </Field>
        {error !== undefined && <ErrorNote error={error} />}
        <Button kind="primary" type="submit" isBusy={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
