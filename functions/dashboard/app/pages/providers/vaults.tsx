import { useState } from 'preact/hooks';
import { api, type Endpoint, type Secret, type Vault } from '../../api.ts';
import { loadAll, useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Button } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { loadEndpoints } from '../load-endpoints.ts';
import { Cut, Metadata } from '../manage-fields.tsx';
import { RotateDialog, SecretDialog, VaultDialog } from './secret-dialogs.tsx';
import { SecretTable } from './secret-table.tsx';

export type OpenSecret =
  | { kind: 'vault'; vault?: Vault }
  | { kind: 'delete-vault'; vault: Vault }
  | { kind: 'secret'; vaultName: string; secret?: Secret }
  | { kind: 'rotate' | 'delete-secret'; secret: Secret };

/** Vaults and the secrets in them. Values go in and are never shown. */
export function Vaults() {
  const mayWrite = useMayWrite();
  const loaded = useLoad(loadVaults, []);
  const [open, setOpen] = useState<OpenSecret>();
  const close = () => setOpen(undefined);
  const done = (message: string) => {
    toast(message);
    loaded.reload();
  };
  const newVault = mayWrite && (
    <Button onClick={() => setOpen({ kind: 'vault' })}>
      <Icon name="plus" />
      Create vault
    </Button>
  );
  return (
    <>
      <div class="section-head">
        <h2>Vaults</h2>
        {newVault}
      </div>
      <Shown of={loaded}>
        {({ vaults, secrets, endpoints }) =>
          vaults.length === 0 ? (
            <Card>
              <Empty title="No vaults yet">
                A vault keeps provider keys as secrets. Policies name them, such as{' '}
                <span class="mono">{"${secrets.get('openai', 'key-one')}"}</span>, and nobody can read them back.
              </Empty>
            </Card>
          ) : (
            vaults.map(vault => (
              <VaultCard
                key={vault.id}
                vault={vault}
                secrets={secrets.filter(secret => secret.vault.id === vault.id)}
                endpoints={endpoints}
                onOpen={setOpen}
              />
            ))
          )
        }
      </Shown>
      {open?.kind === 'vault' && <VaultDialog vault={open.vault} onClose={close} onDone={done} />}
      {open?.kind === 'secret' && (
        <SecretDialog vaultName={open.vaultName} secret={open.secret} onClose={close} onDone={done} />
      )}
      {open?.kind === 'rotate' && <RotateDialog secret={open.secret} onClose={close} onDone={done} />}
      {open?.kind === 'delete-vault' && (
        <ConfirmDialog
          title="Delete this vault?"
          word={open.vault.name}
          verb="Delete vault"
          onClose={close}
          act={async () => {
            await api.deleteVault({ id: open.vault.id });
            done('Vault deleted');
          }}
        >
          <p>Only an empty vault can be deleted, so no policy loses a secret by it.</p>
        </ConfirmDialog>
      )}
      {open?.kind === 'delete-secret' && (
        <ConfirmDialog
          title="Delete this secret?"
          word={open.secret.name}
          verb="Delete secret"
          onClose={close}
          act={async () => {
            await api.deleteSecret({ id: open.secret.id });
            done('Secret deleted');
          }}
        >
          <p>
            Its value is gone for good. Policies that name <span class="mono">{open.secret.name}</span> of the vault{' '}
            <span class="mono">{open.secret.vault_name}</span> fail until they name another.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

async function loadVaults(): Promise<{ vaults: Vault[]; secrets: Secret[]; endpoints: Endpoint[] }> {
  const [vaults, secrets, endpoints] = await Promise.all([
    loadAll(async before_id => {
      const page = await api.listVaults({ query: { limit: 100, ...(before_id && { before_id }) } });
      return { items: page.vaults, more: page.next_page_uri !== null };
    }),
    loadAll(async before_id => {
      const page = await api.listSecrets({ query: { limit: 100, ...(before_id && { before_id }) } });
      return { items: page.secrets, more: page.next_page_uri !== null };
    }),
    loadEndpoints(),
  ]);
  return { vaults, secrets, endpoints };
}

function VaultCard({
  vault,
  secrets,
  endpoints,
  onOpen,
}: {
  vault: Vault;
  secrets: readonly Secret[];
  endpoints: readonly Endpoint[];
  onOpen(open: OpenSecret): void;
}) {
  const mayWrite = useMayWrite();
  return (
    <section class="card" aria-label={`Vault ${vault.name}`}>
      <div class="card-head">
        <div class="named">
          <h3 class="mono">{vault.name}</h3>
          {vault.description && (
            <span class="muted">
              <Cut text={vault.description} />
            </span>
          )}
          <Metadata text={vault.metadata} />
        </div>
        {mayWrite && (
          <div class="actions quiet-actions">
            <Button
              onClick={() => onOpen({ kind: 'secret', vaultName: vault.name })}
              aria-label={`Add secret to ${vault.name}`}
            >
              Add secret
            </Button>
            <Button onClick={() => onOpen({ kind: 'vault', vault })} aria-label={`Edit vault ${vault.name}`}>
              Edit
            </Button>
            <Button
              onClick={() => onOpen({ kind: 'delete-vault', vault })}
              disabled={secrets.length > 0}
              title={secrets.length > 0 ? 'Delete its secrets first' : undefined}
              aria-label={`Delete vault ${vault.name}`}
            >
              Delete
            </Button>
          </div>
        )}
      </div>
      {secrets.length === 0 ? (
        <p class="muted">No secrets in this vault.</p>
      ) : (
        <SecretTable secrets={secrets} endpoints={endpoints} onOpen={onOpen} />
      )}
    </section>
  );
}
