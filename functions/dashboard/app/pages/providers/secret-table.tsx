import type { Endpoint, Secret } from '../../api.ts';
import { useMayWrite } from '../../session.tsx';
import { Button } from '../../ui/form.tsx';
import { Table } from '../../ui/table.tsx';
import { Copy } from '../../ui/values.tsx';
import { Ago, Cut, Metadata } from '../manage-fields.tsx';
import type { OpenSecret } from './vaults.tsx';

export function SecretTable({
  secrets,
  endpoints,
  onOpen,
}: {
  secrets: readonly Secret[];
  endpoints: readonly Endpoint[];
  onOpen(open: OpenSecret): void;
}) {
  const mayWrite = useMayWrite();
  return (
    <Table
      label="Secrets"
      rows={secrets}
      keyOf={secret => secret.id}
      columns={[
        {
          name: 'Secret',
          cell: secret => (
            <div class="named">
              <span class="with-copy">
                <Cut text={secret.name} isMono />
                <Copy text={referenceTo(secret)} label={`Copy what policies write for ${secret.name}`} />
              </span>
              {secret.description && (
                <span class="muted">
                  <Cut text={secret.description} />
                </span>
              )}
              <Metadata text={secret.metadata} />
            </div>
          ),
        },
        { name: 'Value', isExtra: true, cell: () => <span title="Never shown again">••••••••</span> },
        { name: 'Used by', isExtra: true, cell: secret => <Users of={secret} endpoints={endpoints} /> },
        { name: 'Changed', isExtra: true, cell: secret => <Ago at={secret.updated_at} /> },
        ...(mayWrite
          ? [
              {
                name: 'Actions',
                isActions: true,
                cell: (secret: Secret) => (
                  <>
                    <Button onClick={() => onOpen({ kind: 'rotate', secret })} aria-label={`Rotate ${secret.name}`}>
                      Rotate
                    </Button>
                    <Button
                      onClick={() => onOpen({ kind: 'secret', vaultName: secret.vault_name, secret })}
                      aria-label={`Edit ${secret.name}`}
                    >
                      Edit
                    </Button>
                    <Button
                      onClick={() => onOpen({ kind: 'delete-secret', secret })}
                      aria-label={`Delete ${secret.name}`}
                    >
                      Delete
                    </Button>
                  </>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

/** What a policy writes where the value is to stand. */
function referenceTo({ vault_name, name }: Secret): string {
  return `\${secrets.get('${vault_name}', '${name}')}`;
}

/** Endpoints whose policies name the secret. */
function Users({ of: { vault_name, name }, endpoints }: { of: Secret; endpoints: readonly Endpoint[] }) {
  const literal = (text: string) => `\\\\?['"]${text.replaceAll('.', '\\.')}\\\\?['"]`;
  const pattern = new RegExp(`secrets\\.get\\(\\s*${literal(vault_name)}\\s*,\\s*${literal(name)}\\s*\\)`);
  const users = endpoints.filter(({ traffic_policy }) => pattern.test(traffic_policy));
  if (users.length === 0) return <span class="muted">no endpoint</span>;
  return (
    <>
      {users.map(({ id, slug }, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <a href={`/dashboard/endpoints/${id}`}>{slug}</a>
        </span>
      ))}
    </>
  );
}
