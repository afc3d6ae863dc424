import { useState } from 'preact/hooks';
import { type Account, actFor, api } from '../../api.ts';
import { usePages } from '../../load.ts';
import { useActing, useSession } from '../../session.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Button } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/page.tsx';
import { Shown } from '../../ui/states.tsx';
import { More, Table } from '../../ui/table.tsx';
import { Badge } from '../../ui/values.tsx';
import { Ago, Cut } from '../manage-fields.tsx';
import { AccountDialog } from './account-dialog.tsx';
import { Plan } from './plan.tsx';

type Open = { kind: 'create' } | { kind: 'edit' | 'suspend' | 'resume'; account: Account };

/** All accounts of the deployment. */
export function Accounts({ version, onChanged }: { version: number; onChanged(message: string): void }) {
  const accounts = usePages(
    async before_id => {
      const page = await api.listAccounts({ query: { limit: 100, ...(before_id && { before_id }) } });
      return { items: page.accounts, more: page.next_page_uri !== null };
    },
    [version],
  );
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <Card
      title="All accounts"
      actions={
        <Button kind="primary" onClick={() => setOpen({ kind: 'create' })}>
          <Icon name="plus" />
          Create account
        </Button>
      }
    >
      <p class="muted">
        Each account has endpoints, keys and credits of its own. To give a new one its first management key, act for it
        and create the key under Management keys.
      </p>
      <Shown of={accounts}>{list => <AccountTable accounts={list} onOpen={setOpen} />}</Shown>
      <More of={accounts} />
      {open?.kind === 'create' && <AccountDialog onClose={close} onDone={() => onChanged('Account created')} />}
      {open?.kind === 'edit' && (
        <AccountDialog account={open.account} onClose={close} onDone={() => onChanged('Account saved')} />
      )}
      {(open?.kind === 'suspend' || open?.kind === 'resume') && (
        <ConfirmDialog
          title={open.kind === 'suspend' ? 'Suspend this account?' : 'Resume this account?'}
          word={open.account.description || open.account.id}
          verb={open.kind === 'suspend' ? 'Suspend account' : 'Resume account'}
          onClose={close}
          act={async () => {
            await api.updateAccount({ id: open.account.id, body: { suspended: open.kind === 'suspend' } });
            onChanged(open.kind === 'suspend' ? 'Account suspended' : 'Account resumed');
          }}
        >
          <p>
            {open.kind === 'suspend'
              ? 'None of its keys work while it is suspended; nothing is deleted.'
              : 'All its keys work again.'}
          </p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

function AccountTable({ accounts, onOpen }: { accounts: readonly Account[]; onOpen(open: Open): void }) {
  const session = useSession();
  const shownId = useActing()?.id ?? session.account_id;
  const nameOf = (account: Account) => account.description || account.id;
  return (
    <Table
      label="Accounts"
      rows={accounts}
      keyOf={account => account.id}
      columns={[
        {
          name: 'Account',
          cell: account => (
            <div class="named">
              {account.description && <Cut text={account.description} />}
              <span class="muted small">
                <Cut text={account.id} isMono />
              </span>
              {account.id === shownId && (
                <span>
                  <Badge>shown now</Badge>
                </span>
              )}
            </div>
          ),
        },
        { name: 'Plan', cell: account => <Plan of={account} /> },
        { name: 'Created', isExtra: true, cell: account => <Ago at={account.created_at} /> },
        {
          name: 'Actions',
          isActions: true,
          cell: account => (
            <>
              {account.id !== shownId && (
                <Button
                  onClick={() => actFor(account.id === session.account_id ? undefined : account)}
                  aria-label={`Act for ${nameOf(account)}`}
                >
                  Act for
                </Button>
              )}
              <Button onClick={() => onOpen({ kind: 'edit', account })} aria-label={`Edit ${nameOf(account)}`}>
                Edit
              </Button>
              {account.id !== session.account_id && (
                <Button
                  onClick={() => onOpen({ kind: account.suspended ? 'resume' : 'suspend', account })}
                  aria-label={`${account.suspended ? 'Resume' : 'Suspend'} ${nameOf(account)}`}
                >
                  {account.suspended ? 'Resume' : 'Suspend'}
                </Button>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
