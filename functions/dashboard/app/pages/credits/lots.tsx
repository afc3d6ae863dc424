import { useState } from 'preact/hooks';
import { api, type Balance } from '../../api.ts';
import { formatCount, usdOfNano } from '../../format.ts';
import { useIdempotencyKey } from '../../idempotency.ts';
import { useIsOperator } from '../../session.tsx';
import { FormDialog } from '../../ui/dialog.tsx';
import { Button, Field, useFields } from '../../ui/form.tsx';
import { Table } from '../../ui/table.tsx';
import { toast } from '../../ui/toast.tsx';
import { Badge, Time, Usd } from '../../ui/values.tsx';
import { Ago, Cut } from '../manage-fields.tsx';

type Lot = Balance['lots'][number];

const names: Record<string, string> = { purchase: 'Purchase', grant: 'Grant', promotional: 'Promotion' };
const soonMs = 30 * 86_400_000;
/** Lots with a colour of their own; the others are one part of the bar. */
const toneCount = 5;
const shownAtFirst = 8;

/** What the balance consists of: how much each lot is of it, and until when. */
export function Lots({ lots, onChanged }: { lots: readonly Lot[]; onChanged(): void }) {
  const isOperator = useIsOperator();
  const [taken, setTaken] = useState<Lot>();
  const [isWhole, setWhole] = useState(false);
  const standing = lots.filter(lot => BigInt(lot.remaining_nano_usd) > 0n);
  const sum = (some: readonly Lot[]) => some.reduce((before, lot) => before + Number(lot.remaining_nano_usd), 0);
  const [total, rest] = [sum(standing), sum(standing.slice(toneCount))];
  return (
    <>
      {total > 0 && (
        <div class="lot-bar" aria-hidden="true">
          {standing.slice(0, toneCount).map(lot => (
            <div
              key={lot.id}
              class={toneOf(standing, lot)}
              style={{ flexGrow: Number(lot.remaining_nano_usd) / total }}
              title={lot.id}
            />
          ))}
          {rest > 0 && <div class="lot-tone-rest" style={{ flexGrow: rest / total }} title="All other lots" />}
        </div>
      )}
      <Table
        label="Lots"
        rows={isWhole ? lots : lots.slice(0, shownAtFirst)}
        keyOf={lot => lot.id}
        columns={[
          {
            name: 'Lot',
            cell: lot => (
              <div class="lot-name">
                <span class={`lot-mark ${toneOf(standing, lot)}`} />
                <div class="named">
                  {names[lot.category] ?? lot.category}
                  <span class="muted small">
                    <Cut text={lot.id} isMono />
                  </span>
                </div>
              </div>
            ),
          },
          { name: 'Left', isNumber: true, cell: lot => <Usd amount={usdOfNano(lot.remaining_nano_usd)} /> },
          { name: 'Of', isNumber: true, isExtra: true, cell: lot => <Usd amount={usdOfNano(lot.amount_nano_usd)} /> },
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
      {!isWhole && lots.length > shownAtFirst && (
        <div class="more">
          <Button onClick={() => setWhole(true)}>Show all {formatCount(lots.length)} lots</Button>
        </div>
      )}
      <p class="hint">What expires first is spent first.</p>
      {taken && <TakeBackDialog lot={taken} onClose={() => setTaken(undefined)} onTaken={onChanged} />}
    </>
  );
}

function toneOf(lots: readonly Lot[], lot: Lot): string {
  const index = lots.indexOf(lot);
  return index >= 0 && index < toneCount ? `lot-tone-${index + 1}` : 'lot-tone-rest';
}

function Expiry({ at }: { at: string }) {
  if (Date.parse(at) - Date.now() > soonMs) return <Ago at={at} />;
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
        The <Usd amount={usdOfNano(lot.remaining_nano_usd)} /> that is left leaves the balance. Giving money back is
        done in Stripe, which takes the lot out by itself.
      </p>
      <Field label="Reason" hint="Stands in the transactions.">
        <input {...bind('reason')} required maxLength={255} autocomplete="off" />
      </Field>
    </FormDialog>
  );
}
