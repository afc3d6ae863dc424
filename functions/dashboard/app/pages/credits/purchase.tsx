import { useEffect } from 'preact/hooks';
import { api } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { ErrorNote } from '../../ui/states.tsx';
import { Usd } from '../../ui/values.tsx';

/** Whoever comes back from Stripe hears what became of the payment. */
export function Purchase({ id, onPaid }: { id: string; onPaid(): void }) {
  const session = useLoad(() => api.getCreditCheckoutSession({ id }), [id], 3_000);
  const status = session.data?.status;
  useEffect(() => {
    if (status === 'complete') onPaid();
  }, [status]);
  if (session.error !== undefined) return <ErrorNote error={session.error} retry={session.reload} />;
  if (!session.data) return null;
  const amount = <Usd amount={session.data.amount_usd} />;
  if (status === 'complete') {
    return (
      <p class="note note-good" role="status">
        <span>
          Thank you: {amount} is paid. It is added to the balance as soon as Stripe confirms, which takes seconds.
        </span>
      </p>
    );
  }
  return (
    <p class="note" role="status">
      <span>
        {status === 'open' ? (
          <>The payment of {amount} is not finished yet.</>
        ) : (
          <>The payment of {amount} was not made.</>
        )}
      </span>
    </p>
  );
}
