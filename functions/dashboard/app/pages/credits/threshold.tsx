import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useActing, useSession } from '../../session.tsx';
import { FormDialog } from '../../ui/dialog.tsx';
import { Button, useFields } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { Usd } from '../../ui/values.tsx';
import { UsdField } from '../manage-fields.tsx';

/** Below which balance the account is warned. */
export function Threshold() {
  const session = useSession();
  const id = useActing()?.id ?? session.account_id;
  const account = useLoad(() => api.getAccount({ id }), [id]);
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      title="Low-balance warning"
      actions={
        <div class="quiet-actions">
          <Button onClick={() => setOpen(true)} disabled={account.data === undefined} aria-label="Edit warning">
            Edit
          </Button>
        </div>
      }
    >
      <Shown of={account}>
        {({ low_balance_threshold_usd: threshold }) => (
          <>
            <p>
              {threshold === null ? (
                'There is no warning.'
              ) : (
                <>
                  Warns when less than <Usd amount={threshold} /> is available.
                </>
              )}{' '}
              <span class="muted">
                A warning is the event <span class="mono">credits_low_balance.v0</span>, which{' '}
                <a href="/dashboard/settings/destinations">event destinations</a> can get.
              </span>
            </p>
            {isOpen && (
              <ThresholdDialog
                accountId={id}
                threshold={threshold}
                onClose={() => setOpen(false)}
                onChanged={account.reload}
              />
            )}
          </>
        )}
      </Shown>
    </Card>
  );
}

function ThresholdDialog({
  accountId,
  threshold,
  onClose,
  onChanged,
}: {
  accountId: string;
  threshold: string | null;
  onClose(): void;
  onChanged(): void;
}) {
  const { values, bind } = useFields({ thresholdUsd: threshold ?? '' });
  return (
    <FormDialog
      title="Low-balance warning"
      verb="Save"
      onClose={onClose}
      act={async () => {
        const body = { low_balance_threshold_usd: values.thresholdUsd || null };
        await api.updateAccount({ id: accountId, body });
        toast('Warning saved');
        onChanged();
      }}
    >
      <UsdField label="Warn below (USD)" hint="Empty: no warning." bound={bind('thresholdUsd')} placeholder="none" />
    </FormDialog>
  );
}
