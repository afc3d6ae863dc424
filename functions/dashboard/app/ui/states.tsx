import type { ComponentChildren } from 'preact';
import { ManagementApiError } from '../api.ts';
import { Button } from './form.tsx';
import { Icon } from './icons.tsx';

export function Loading({ label = 'Loading…' }: { label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label}
    </div>
  );
}

/** What went wrong and what to do, in the words of the API. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { message, code, operationId } = describe(error);
  return (
    <div class="note note-bad" role="alert">
      <Icon name="warning" />
      <div>
        <p>{message}</p>
        {code !== undefined && (
          <p class="muted small">
            {code}
            {operationId !== undefined && `, operation ${operationId}`}
          </p>
        )}
      </div>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

function describe(error: unknown): { message: string; code?: string; operationId?: string } {
  if (error instanceof ManagementApiError) {
    const wait = error.retryAfterSeconds;
    const message = wait === undefined ? error.message : `${error.message}. Try again in ${wait} s.`;
    const operationId = error.details?.operation_id;
    return { message, code: error.code, ...(typeof operationId === 'string' && { operationId }) };
  }
  return { message: error instanceof Error ? error.message : 'Something failed; try again.' };
}

/** In place of a list that has nothing in it: what would be there, and how to get it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Shows what was loaded; on failure says so, and keeps showing what there was. */
export function Shown<Data>({
  of: { data, error, isLoading, reload },
  children,
}: {
  of: { data: Data | undefined; error: unknown; isLoading: boolean; reload(): void };
  children: (data: Data) => ComponentChildren;
}) {
  return (
    <>
      {error !== undefined && <ErrorNote error={error} retry={reload} />}
      {data === undefined && isLoading && <Loading />}
      {data !== undefined && children(data)}
    </>
  );
}
