import { useState } from 'preact/hooks';
import { type Account, api } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useActing, useIsOperator, useSession } from '../../session.tsx';
import { Button } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { Facts, Time, Usd } from '../../ui/values.tsx';
import { AccountDialog } from './account-dialog.tsx';
import { Accounts } from './accounts.tsx';
import { Plan } from './plan.tsx';

/** The account itself; and for operators, all accounts. */
export function AccountTab() {
  const isOperator = useIsOperator();
  const [version, setVersion] = useState(0);
  if (!isOperator) return <OwnAccount />;
  const change = (message: string) => {
    toast(message);
    setVersion(before => before + 1);
  };
  return (
    <>
      <OperatedAccount version={version} onChanged={change} />
      <Accounts version={version} onChanged={change} />
    </>
  );
}

/** As much as the session knows: the rest is for operators to see. */
function OwnAccount() {
  const { account_id, account_description, role } = useSession();
  return (
    <Card title="This account">
      <Facts
        facts={[
          ['Description', account_description || <span class="muted">none</span>],
          [
            'Account',
            <span key="id" class="mono">
              {account_id}
            </span>,
          ],
          ['Your role', role],
        ]}
      />
      <p class="hint">Plan, warnings and whether the account is suspended are set by whoever runs Tollgate for you.</p>
    </Card>
  );
}

function OperatedAccount({ version, onChanged }: { version: number; onChanged(message: string): void }) {
  const session = useSession();
  const id = useActing()?.id ?? session.account_id;
  const account = useLoad(() => api.getAccount({ id }), [id, version]);
  const [edited, setEdited] = useState<Account>();
  return (
    <Card
      title="This account"
      actions={
        <div class="quiet-actions">
          <Button onClick={() => setEdited(account.data)} disabled={!account.data} aria-label="Edit this account">
            Edit
          </Button>
        </div>
      }
    >
      <Shown of={account}>
        {data => (
          <Facts
            facts={[
              ['Description', data.description || <span class="muted">none</span>],
              [
                'Account',
                <span key="id" class="mono">
                  {data.id}
                </span>,
              ],
              ['Plan', <Plan key="plan" of={data} />],
              ['Created', <Time key="created" at={data.created_at} />],
              ['Warns below', <Usd key="threshold" amount={data.low_balance_threshold_usd} />],
              ['Metadata', data.metadata || <span class="muted">none</span>],
            ]}
          />
        )}
      </Shown>
      {edited && (
        <AccountDialog
          account={edited}
          onClose={() => setEdited(undefined)}
          onDone={() => onChanged('Account saved')}
        />
      )}
    </Card>
  );
}
