import { api } from '../../api.ts';
import { useIdempotencyKey } from '../../idempotency.ts';
import { FormDialog } from '../../ui/dialog.tsx';
import { Field, useFields } from '../../ui/form.tsx';
import { toast } from '../../ui/toast.tsx';
import { ExpiryField, toExpiry, UsdField } from '../manage-fields.tsx';

/** Operators give credits without a payment. */
export function GrantDialog({ onClose, onGranted }: { onClose(): void; onGranted(): void }) {
  const { values, bind } = useFields({ amountUsd: '', reason: '', expiry: 'year', expiresOn: '' });
  const keyFor = useIdempotencyKey();
  const act = async () => {
    // A year is the lifetime that the API gives; unsaid, a second try asks for the very same.
    const expiresAt = values.expiry === 'year' ? null : toExpiry(values);
    const wish = { amount_usd: values.amountUsd, reason: values.reason };
    await api.createCreditGrant({
      body: { ...wish, ...(expiresAt && { expires_at: expiresAt }) },
      idempotencyKey: keyFor(values),
    });
    toast('Credits granted');
    onGranted();
  };
  return (
    <FormDialog title="Grant credits" verb="Grant credits" act={act} onClose={onClose}>
      <UsdField label="Amount (USD)" bound={bind('amountUsd')} isRequired />
      <Field label="Reason" hint="Stands in the transactions.">
        <input {...bind('reason')} required maxLength={255} autocomplete="off" placeholder="Why, for the records" />
      </Field>
      <ExpiryField values={values} bind={bind} mayBeNever={false} />
    </FormDialog>
  );
}
