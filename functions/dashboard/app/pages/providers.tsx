import { Page } from '../ui/page.tsx';
import { Health } from './providers/health.tsx';
import { Vaults } from './providers/vaults.tsx';

/** How providers do, and the keys that policies use with them. */
export function Providers() {
  return (
    <Page
      title="Providers"
      lead="How the providers did that your requests went to, and the vaults that keep your own provider keys."
    >
      <Health />
      <Vaults />
    </Page>
  );
}
