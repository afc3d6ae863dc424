import { api, type Secret, type Vault } from '../../api.ts';
import { FormDialog } from '../../ui/dialog.tsx';
import { Field, useFields } from '../../ui/form.tsx';
import { type Bound, DescriptionField, MetadataField } from '../manage-fields.tsx';

interface Ends {
  onClose(): void;
  /** @param message what was done */
  onDone(message: string): void;
}

const namePattern = '[\\w.\\-]{1,128}';
const nameHint = 'Letters, digits, dots, underscores and hyphens';

export function VaultDialog({ vault, onClose, onDone }: { vault: Vault | undefined } & Ends) {
  const { values, bind } = useFields({
    name: vault?.name ?? '',
    description: vault?.description ?? '',
    metadata: vault?.metadata ?? '',
  });
  const act = async () => {
    if (vault) await api.updateVault({ id: vault.id, body: values });
    else await api.createVault({ body: values });
    onDone(vault ? 'Vault saved' : 'Vault created');
  };
  const hint = vault ? 'Policies name its secrets by this name: change it there too.' : nameHint;
  return (
    <FormDialog
      title={vault ? 'Edit vault' : 'Create a vault'}
      verb={vault ? 'Save' : 'Create vault'}
      act={act}
      onClose={onClose}
    >
      <NameField bound={bind('name')} hint={hint} placeholder="openai" />
      <DescriptionField bound={bind('description')} />
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}

/** Makes a secret, or changes what is known of one; a new value is what `RotateDialog` is for. */
export function SecretDialog({
  vaultName,
  secret,
  onClose,
  onDone,
}: { vaultName: string; secret: Secret | undefined } & Ends) {
  const { values, bind } = useFields({
    name: secret?.name ?? '',
    value: '',
    description: secret?.description ?? '',
    metadata: secret?.metadata ?? '',
  });
  const act = async () => {
    const { value, ...described } = values;
    if (secret) await api.updateSecret({ id: secret.id, body: described });
    else await api.createSecret({ body: { ...described, value, vault_name: vaultName } });
    onDone(secret ? 'Secret saved' : 'Secret created');
  };
  const hint = secret ? 'Policies name it by this name: change it there too.' : nameHint;
  return (
    <FormDialog
      title={secret ? 'Edit secret' : `Add a secret to ${vaultName}`}
      verb={secret ? 'Save' : 'Add secret'}
      act={act}
      onClose={onClose}
    >
      <NameField bound={bind('name')} hint={hint} placeholder="key-one" />
      {!secret && <ValueField bound={bind('value')} label="Value" />}
      <DescriptionField bound={bind('description')} />
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}

export function RotateDialog({ secret, onClose, onDone }: { secret: Secret } & Ends) {
  const { values, bind } = useFields({ value: '' });
  const act = async () => {
    await api.updateSecret({ id: secret.id, body: { value: values.value } });
    onDone('Value rotated');
  };
  return (
    <FormDialog title={`Rotate ${secret.name}`} verb="Rotate" act={act} onClose={onClose}>
      <p class="muted">
        The new value replaces the present one within a minute, everywhere that policies name this secret. Keep the old
        key valid at the provider until then.
      </p>
      <ValueField bound={bind('value')} label="New value" />
    </FormDialog>
  );
}

function NameField({ bound, hint, placeholder }: { bound: Bound; hint: string; placeholder: string }) {
  return (
    <Field label="Name" hint={hint}>
      <input
        {...bound}
        required
        pattern={namePattern}
        title={nameHint}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
      />
    </Field>
  );
}

function ValueField({ bound, label }: { bound: Bound; label: string }) {
  return (
    <Field label={label} hint="Goes in and never comes out: nobody can read it here again.">
      <input {...bound} type="password" required autocomplete="new-password" spellcheck={false} />
    </Field>
  );
}
