import { type Account, api } from '../../api.ts';
import { useIdempotencyKey } from '../../idempotency.ts';
import { FormDialog } from '../../ui/dialog.tsx';
import { Field, useFields } from '../../ui/form.tsx';
import { DescriptionField, MetadataField, UsdField } from '../manage-fields.tsx';

/** Makes an account, or changes one. */
export function AccountDialog({ account, onClose, onDone }: { account?: Account; onClose(): void; onDone(): void }) {
  const { values, bind } = useFields({
    description: account?.description ?? '',
    plan: account?.plan ?? 'payg',
    thresholdUsd: account?.low_balance_threshold_usd ?? '',
    metadata: account?.metadata ?? '',
  });
  const keyFor = useIdempotencyKey();
  const act = async () => {
    const { description, metadata, thresholdUsd } = values;
    const shared = { description, metadata, plan: values.plan as Account['plan'] };
    if (account) {
      await api.updateAccount({ id: account.id, body: { ...shared, low_balance_threshold_usd: thresholdUsd || null } });
    } else {
      const body = { ...shared, ...(thresholdUsd && { low_balance_threshold_usd: thresholdUsd }) };
      await api.createAccount({ body, idempotencyKey: keyFor(body) });
    }
    onDone();
  };
  return (
    <FormDialog
      title={account ? 'Edit account' : 'Create an account'}
      verb={account ? 'Save' : 'Create account'}
      act={act}
      onClose={onClose}
    >
      <DescriptionField bound={bind('description')} placeholder="Whose account it is" />
      <Field label="Plan" hint="Only payg includes the AI gateway.">
        <select {...bind('plan')}>
          <option value="payg">payg</option>
          <option value="hobbyist">hobbyist</option>
          <option value="free">free</option>
        </select>
      </Field>
      <UsdField
        label="Warn below a balance of (USD)"
        hint="Empty: no warning."
        bound={bind('thresholdUsd')}
        placeholder="none"
      />
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}
