import type { Account } from '../../api.ts';
import { Badge } from '../../ui/values.tsx';

export function Plan({ of: { plan, suspended } }: { of: Account }) {
  return (
    <span class="badges">
      <Badge tone={plan === 'payg' ? 'good' : 'plain'}>{plan}</Badge>
      {suspended && <Badge tone="bad">suspended</Badge>}
    </span>
  );
}
