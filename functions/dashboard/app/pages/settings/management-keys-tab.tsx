import { useState } from 'preact/hooks';
import { type ApiKey, type ApiKeyCreated, api } from '../../api.ts';
import { usePages } from '../../load.ts';
import { useActing, useMayWrite, useSession } from '../../session.tsx';
import { ConfirmDialog, Dialog, FormDialog } from '../../ui/dialog.tsx';
import { Button, Field, useFields } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { More, Table } from '../../ui/table.tsx';
import { toast } from '../../ui/toast.tsx';
import { Badge, Code } from '../../ui/values.tsx';
import { Ago, DescriptionField, KeyName, MetadataField } from '../manage-fields.tsx';

type Role = ApiKey['role'];
type Open = { kind: 'create' } | { kind: 'edit' | 'delete'; managementKey: ApiKey };

const roles: { value: Role; what: string }[] = [
  { value: 'viewer', what: 'viewer: sees everything but secrets, changes nothing' },
  { value: 'admin', what: 'admin: changes everything of this account' },
  { value: 'operator', what: 'operator: also runs the deployment and its accounts' },
];
const rank = (role: Role) => roles.findIndex(({ value }) => value === role);

/** Keys of the management API, which also sign in here. */
export function ManagementKeysTab() {
  const mayWrite = useMayWrite();
  const { role } = useSession();
  const keys = usePages(async before_id => {
    const page = await api.listApiKeys({ query: { limit: 100, ...(before_id && { before_id }) } });
    return { items: page.api_keys, more: page.next_page_uri !== null };
  }, []);
  const [open, setOpen] = useState<Open>();
  const [created, setCreated] = useState<ApiKeyCreated>();
  const close = () => setOpen(undefined);
  const done = (message: string) => {
    toast(message);
    keys.reload();
  };
  return (
    <Card
      title="Management keys"
      actions={
        mayWrite && (
          <Button kind="primary" onClick={() => setOpen({ kind: 'create' })}>
            <Icon name="plus" />
            Create management key
          </Button>
        )
      }
    >
      <p class="muted">
        They call the management API and sign in to this dashboard. Give people and programs the least role that they
        need.
      </p>
      <Shown of={keys}>
        {list =>
          list.length === 0 ? (
            <Empty title="No management keys">
              Nobody of this account can sign in yet. Create a key and hand it to whoever looks after the account.
            </Empty>
          ) : (
            <KeyTable keys={list} mayChange={key => mayWrite && rank(key.role) <= rank(role)} onOpen={setOpen} />
          )
        }
      </Shown>
      <More of={keys} />
      {open?.kind === 'create' && (
        <CreateDialog
          onClose={close}
          onCreated={key => {
            setCreated(key);
            keys.reload();
          }}
        />
      )}
      {open?.kind === 'edit' && (
        <EditDialog managementKey={open.managementKey} onClose={close} onChanged={() => done('Key saved')} />
      )}
      {open?.kind === 'delete' && (
        <ConfirmDialog
          title="Delete this management key?"
          word={open.managementKey.description || open.managementKey.display_name}
          verb="Delete key"
          onClose={close}
          act={async () => {
            await api.deleteApiKey({ id: open.managementKey.id });
            done('Key deleted');
          }}
        >
          <p>
            Programs and sessions that use <span class="mono">{open.managementKey.display_name}</span> are refused at
            once.
          </p>
        </ConfirmDialog>
      )}
      {created && (
        <Dialog title="Your new management key" onClose={() => setCreated(undefined)}>
          <p class="note">
            <span>Copy the key now: it is shown this once. Tollgate keeps only a digest of it.</span>
          </p>
          <Code text={created.token ?? ''} label="key" />
          <div class="actions actions-end">
            <Button kind="primary" onClick={() => setCreated(undefined)}>
              Done
            </Button>
          </div>
        </Dialog>
      )}
    </Card>
  );
}

function KeyTable({
  keys,
  mayChange,
  onOpen,
}: {
  keys: readonly ApiKey[];
  mayChange(key: ApiKey): boolean;
  onOpen(open: Open): void;
}) {
  return (
    <Table
      label="Management keys"
      rows={keys}
      keyOf={key => key.id}
      columns={[
        {
          name: 'Key',
          cell: key => <KeyName of={key} />,
        },
        { name: 'Role', cell: key => <Badge>{key.role}</Badge> },
        { name: 'Created', isExtra: true, cell: key => <Ago at={key.created_at} /> },
        ...(keys.some(mayChange)
          ? [
              {
                name: 'Actions',
                isActions: true,
                cell: (key: ApiKey) =>
                  mayChange(key) && (
                    <>
                      <Button
                        onClick={() => onOpen({ kind: 'edit', managementKey: key })}
                        aria-label={`Edit ${key.description || key.display_name}`}
                      >
                        Edit
                      </Button>
                      <Button
                        onClick={() => onOpen({ kind: 'delete', managementKey: key })}
                        aria-label={`Delete ${key.description || key.display_name}`}
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

function CreateDialog({ onClose, onCreated }: { onClose(): void; onCreated(key: ApiKeyCreated): void }) {
  const { role } = useSession();
  const isActing = useActing() !== undefined;
  const { values, bind } = useFields({ role: 'viewer', description: '', metadata: '' });
  const offered = roles.filter(({ value }) => rank(value) <= rank(role) && !(value === 'operator' && isActing));
  const act = async () => onCreated(await api.createApiKey({ body: { ...values, role: values.role as Role } }));
  return (
    <FormDialog title="Create a management key" verb="Create key" act={act} onClose={onClose}>
      <DescriptionField bound={bind('description')} placeholder="Who or what uses it" />
      <Field label="Role" hint="It cannot be changed later.">
        <select {...bind('role')}>
          {offered.map(({ value, what }) => (
            <option key={value} value={value}>
              {what}
            </option>
          ))}
        </select>
      </Field>
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}

function EditDialog({
  managementKey,
  onClose,
  onChanged,
}: {
  managementKey: ApiKey;
  onClose(): void;
  onChanged(): void;
}) {
  const { values, bind } = useFields({
    description: managementKey.description,
    metadata: managementKey.metadata,
  });
  const act = async () => {
    await api.updateApiKey({ id: managementKey.id, body: values });
    onChanged();
  };
  return (
    <FormDialog title="Edit management key" verb="Save" act={act} onClose={onClose}>
      <DescriptionField bound={bind('description')} />
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}
