import { useState } from 'preact/hooks';
import { api, type Balance } from '../../api.ts';
import { useIdempotencyKey } from '../../idempotency.ts';
import { useIsOperator } from '../../session.tsx';
import { FormDialog } from '../../ui/dialog.tsx';
import { Button, Field, useFields } from '../../ui/form.tsx';
import { Table } from '../../ui/table.tsx';
import { toast } from '../../ui/toast.tsx';
import { Badge, Time, Usd } from '../../ui/values.tsx';
import { Cut } from '../manage-fields.tsx';
import { fromNano } from './nano-usd.ts';

type Lot = Balance['lots'][number];

const names: Record<string, string> = { purchase: 'Purchase', grant: 'Grant', promotional: 'Promotion' };
const soonMs = 30 * 86_400_000;
const toneCount = 5;

/** What the balance consists of: how much each lot is of it, and until when. */
export function Lots({ lots, onChanged }: { lots: readonly Lot[]; onChanged(): void }) {
  const isOperator = useIsOperator();
  const [taken, setTaken] = useState<Lot>();
  const standing = lots.filter(lot => BigInt(lot.remaining_nano_usd) > 0n);
  const total = standing.reduce((sum, lot) => sum + Number(lot.remaining_nano_usd), 0);
  return (
    <>
      {total > 0 && (
        <div class="lot-bar" aria-hidden="true">
          {standing.map(lot => (
            <div
              key={lot.id}
              class={toneOf(lots, lot)}
              style={{ flexGrow: Number(lot.remaining_nano_usd) / total }}
              title={lot.id}
            />
          ))}
        </div>
      )}
      <Table
        label="Lots"
        rows={lots}
        keyOf={lot => lot.id}
        columns={[
          {
            name: 'Lot',
            cell: lot => (
              <div class="lot-name">
                <span class={`lot-mark ${toneOf(lots, lot)}`} />
                <div class="named">
                  {names[lot.category] ?? lot.category}
                  <span class="muted small">
                    <Cut text={lot.id} isMono />
                  </span>
                </div>
              </div>
            ),
          },
          { name: 'Left', isNumber: true, cell: lot => <Usd amount={fromNano(lot.remaining_nano_usd)} /> },
          { name: 'Of', isNumber: true, cell: lot => <Usd amount={fromNano(lot.amount_nano_usd)} /> },
          { name: 'Expires', cell: lot => <Expiry at={lot.expires_at} /> },
          ...(isOperator
            ? [
                {
                  name: 'Actions',
                  isActions: true,
                  isExtra: true,
                  cell: (lot: Lot) => (
                    <Button onClick={() => setTaken(lot)} aria-label={`Take back ${lot.id}`}>
                      Take back
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      <p class="hint">What expires first is spent first.</p>
      {taken && <TakeBackDialog lot={taken} onClose={() => setTaken(undefined)} onTaken={onChanged} />}
    </>
  );
}

function toneOf(lots: readonly Lot[], lot: Lot): string {
  return `lot-tone-${(lots.indexOf(lot) % toneCount) + 1}`;
}

function Expiry({ at }: { at: string }) {
  if (Date.parse(at) - Date.now() > soonMs) return <Time at={at} isAgo />;
  return (
    <Badge tone="warn">
      <Time at={at} isAgo />
    </Badge>
  );
}

function TakeBackDialog({ lot, onClose, onTaken }: { lot: Lot; onClose(): void; onTaken(): void }) {
  const { values, bind } = useFields({ reason: '' });
  const keyFor = useIdempotencyKey();
  return (
    <FormDialog
      title="Take back a lot"
      verb="Take back"
      onClose={onClose}
      act={async () => {
        const body = { lot_id: lot.id, reason: values.reason };
        await api.createCreditRefund({ body, idempotencyKey: keyFor(body) });
        toast('Lot taken back');
        onTaken();
      }}
    >
      <p>
        The <Usd amount={fromNano(lot.remaining_nano_usd)} /> that is left leaves the balance. Giving money back is done
        in Stripe, which takes the lot out by itself.
      </p>
      <Field label="Reason" hint="Stands in the transactions.">
        <input {...bind('reason')} required maxLength={255} autocomplete="off" />
      </Field>
    </FormDialog>
  );
}
