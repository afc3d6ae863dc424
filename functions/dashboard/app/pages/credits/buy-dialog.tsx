import { api, ManagementApiError } from '../../api.ts';
import { useIdempotencyKey } from '../../idempotency.ts';
import { useAction } from '../../load.ts';
import { useIsOperator } from '../../session.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Button, Form, useFields } from '../../ui/form.tsx';
import { Choice } from '../../ui/page.tsx';
import { ErrorNote } from '../../ui/states.tsx';
import { UsdField } from '../manage-fields.tsx';

const amounts = [
  { value: '10.00', name: '$10' },
  { value: '25.00', name: '$25' },
  { value: '100.00', name: '$100' },
  { value: '500.00', name: '$500' },
] as const;

/** Leads to Stripe Checkout, which leads back to the credits. */
export function BuyDialog({ onClose }: { onClose(): void }) {
  const { values, bind, set } = useFields({ amountUsd: '25.00' });
  const keyFor = useIdempotencyKey();
  const { run, isBusy, error } = useAction(async () => {
    const page = `${location.origin}/dashboard/credits`;
    const body = {
      amount_usd: values.amountUsd,
      success_url: `${page}?checkout={CHECKOUT_SESSION_ID}`, // Stripe writes the id there
      cancel_url: page,
    };
    const { url } = await api.createCreditCheckoutSession({ body, idempotencyKey: keyFor(body) });
    if (url === null) throw new Error('Stripe gave no address to pay at. Try again.');
    location.assign(url);
  });
  const sellsNothing = error instanceof ManagementApiError && error.status === 501;
  return (
    <Dialog title="Buy credits" onClose={onClose}>
      <Form onSend={run}>
        <p class="muted">You pay at Stripe and come back here. Credits last a year.</p>
        <Choice label="Amount" value={values.amountUsd} options={amounts} onChange={amountUsd => set({ amountUsd })} />
        <UsdField label="Amount (USD)" hint="5.00 at least" bound={bind('amountUsd')} isRequired />
        {sellsNothing ? <NotSold message={error.message} /> : error !== undefined && <ErrorNote error={error} />}
        <div class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            Continue to payment
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** No fault of whoever asked: somebody else has to do something first. */
function NotSold({ message }: { message: string }) {
  const isOperator = useIsOperator();
  return (
    <div class="note" role="alert">
      <div>
        <p>This deployment does not sell credits yet, because it is not connected to Stripe. Nothing was charged.</p>
        {isOperator ? (
          <p class="small">{message}. Until then you can grant credits.</p>
        ) : (
          <p class="small">Ask whoever runs Tollgate for you: they can connect Stripe, or grant you credits.</p>
        )}
      </div>
    </div>
  );
}
