import { useState } from 'preact/hooks';
import { api, type Transaction } from '../../api.ts';
import { formatCount, usdOfNano } from '../../format.ts';
import { loadAll, useAction, usePages } from '../../load.ts';
import { Button, Field } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, ErrorNote, Shown } from '../../ui/states.tsx';
import { More, Table } from '../../ui/table.tsx';
import { Usd } from '../../ui/values.tsx';
import { Cut, Moment } from '../manage-fields.tsx';
import { toCsv } from './csv.ts';

const kinds: Record<string, string> = {
  charge: 'Charge',
  abandoned: 'Abandoned call',
  purchase: 'Purchase',
  grant: 'Grant',
  promotional: 'Promotion',
  expiry: 'Expiry',
  refund: 'Taken back',
};

async function loadPage(before_id: string | undefined) {
  const page = await api.listCreditTransactions({ query: { limit: 100, ...(before_id && { before_id }) } });
  return { items: page.transactions, more: page.next_page_uri !== null };
}

/** What changed the balance, newest first. @param version another one when something is known to have changed it */
export function Transactions({ version }: { version: number }) {
  const transactions = usePages(loadPage, [version]);
  const [kind, setKind] = useState('');
  const isListed = (transaction: Transaction) => kind === '' || transaction.kind === kind;
  return (
    <Card title="Transactions" actions={<Export isListed={isListed} kind={kind} />}>
      <div class="filters">
        <Field label="Type">
          <select value={kind} onInput={event => setKind(event.currentTarget.value)}>
            <option value="">All types</option>
            {Object.entries(kinds).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Shown of={transactions}>
        {all => {
          const listed = all.filter(isListed);
          if (all.length === 0)
            return <Empty title="Nothing yet">Purchases, grants and what calls cost appear here.</Empty>;
          return (
            <>
              {listed.length > 0 && <TransactionTable transactions={listed} />}
              {kind !== '' && (
                <p class="hint">
                  {formatCount(listed.length)} of the {transactions.more && 'newest '}
                  {formatCount(all.length)} transactions {transactions.more ? 'that are loaded.' : 'are of this type.'}
                </p>
              )}
            </>
          );
        }}
      </Shown>
      <More of={transactions} />
    </Card>
  );
}

function TransactionTable({ transactions }: { transactions: readonly Transaction[] }) {
  return (
    <Table
      label="Transactions"
      rows={transactions}
      keyOf={transaction => transaction.id}
      columns={[
        { name: 'Time', cell: ({ created_at }) => <Moment at={created_at} /> },
        { name: 'Type', cell: ({ kind }) => kinds[kind] ?? kind },
        { name: 'About', isExtra: true, cell: transaction => <About of={transaction} /> },
        {
          name: 'Amount',
          isNumber: true,
          cell: ({ amount_usd }) => (
            <span class={amount_usd.startsWith('-') ? '' : 'came-in'}>
              {!amount_usd.startsWith('-') && Number(amount_usd) > 0 && '+'}
              <Usd amount={amount_usd} />
            </span>
          ),
        },
        {
          name: 'Balance after',
          isNumber: true,
          isExtra: true,
          cell: ({ balance_after_nano_usd: after }) => <Usd amount={after && usdOfNano(after)} />,
        },
      ]}
    />
  );
}

function About({ of: { request_id, reason, lot_id } }: { of: Transaction }) {
  if (request_id !== null) {
    return (
      <a class="mono" href={`/dashboard/requests/${request_id}`}>
        {request_id}
      </a>
    );
  }
  return (
    <div class="named">
      {reason && <Cut text={reason} />}
      {lot_id && (
        <span class="muted small">
          <Cut text={lot_id} isMono />
        </span>
      )}
    </div>
  );
}

/** Reads all pages, however many there are, and hands them out as one file. */
function Export({ isListed, kind }: { isListed(transaction: Transaction): boolean; kind: string }) {
  const [count, setCount] = useState(0);
  const { run, isBusy, error } = useAction(async () => {
    setCount(0);
    const all = await loadAll(loadPage, setCount);
    const url = URL.createObjectURL(new Blob([toCsv(all.filter(isListed))], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `tollgate-transactions${kind && `-${kind}`}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
  return (
    <>
      {isBusy && (
        <span class="muted small" role="status">
          {formatCount(count)} read…
        </span>
      )}
      {error !== undefined && <ErrorNote error={error} />}
      <Button onClick={run} isBusy={isBusy}>
        Export CSV
      </Button>
    </>
  );
}
