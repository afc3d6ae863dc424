import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api } from '../api.ts';
import { usdOfNano } from '../format.ts';
import { useLoad } from '../load.ts';
import { useIsOperator, useMayWrite } from '../session.tsx';
import { Button } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Card, Figure, Page } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Usd } from '../ui/values.tsx';
import { BuyDialog } from './credits/buy-dialog.tsx';
import { GrantDialog } from './credits/grant-dialog.tsx';
import { Lots } from './credits/lots.tsx';
import { Purchase } from './credits/purchase.tsx';
import { Threshold } from './credits/threshold.tsx';
import { Transactions } from './credits/transactions.tsx';

/** What there is to spend, where it came from, where it went. */
export function Credits() {
  const mayWrite = useMayWrite();
  const isOperator = useIsOperator();
  const { query } = useLocation();
  const [open, setOpen] = useState<'buy' | 'grant'>();
  const [version, setVersion] = useState(0);
  const balance = useLoad(() => api.getCreditBalance(), [version], 15_000);
  const close = () => setOpen(undefined);
  const change = () => setVersion(before => before + 1);
  const actions = mayWrite && (
    <>
      {isOperator && <Button onClick={() => setOpen('grant')}>Grant credits</Button>}
      <Button kind="primary" onClick={() => setOpen('buy')}>
        <Icon name="credits" />
        Buy credits
      </Button>
    </>
  );
  return (
    <Page
      title="Credits"
      lead="Calls with managed provider keys are paid from here. Each call sets aside the most it can cost before it begins, so the balance is never overspent."
      actions={actions}
    >
      {query.checkout && <Purchase id={query.checkout} onPaid={change} />}
      <Shown of={balance}>
        {data => (
          <>
            <div class="figures">
              <Figure
                name="Available"
                value={<Usd amount={data.available_usd} />}
                detail={
                  <>
                    <Usd amount={usdOfNano(data.held_nano_usd)} /> more is set aside for calls under way
                  </>
                }
              />
              <Figure
                name="Bought and granted"
                value={<Usd amount={usdOfNano(data.purchased_nano_usd)} />}
                detail="ever"
              />
              <Figure name="Spent" value={<Usd amount={usdOfNano(data.spent_nano_usd)} />} detail="ever" />
              <Figure
                name="Expired"
                value={<Usd amount={usdOfNano(data.expired_nano_usd)} />}
                detail={
                  <>
                    <Usd amount={usdOfNano(data.refunded_nano_usd)} /> taken back
                  </>
                }
              />
            </div>
            <Card title="Lots">
              {data.lots.length === 0 ? (
                <Empty title="No credits">
                  {mayWrite
                    ? 'Buy credits to call models with managed keys. Own provider keys in a policy work without credits.'
                    : 'An admin of this account can buy some.'}
                </Empty>
              ) : (
                <Lots lots={data.lots} onChanged={change} />
              )}
            </Card>
          </>
        )}
      </Shown>
      {isOperator && <Threshold />}
      <Transactions version={version} />
      {open === 'buy' && <BuyDialog onClose={close} />}
      {open === 'grant' && <GrantDialog onClose={close} onGranted={change} />}
    </Page>
  );
}
