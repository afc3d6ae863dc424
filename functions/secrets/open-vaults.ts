import type { Management } from '../management/route.ts';
import { Vaults } from '../store/vaults.ts';

const opened = new WeakMap<Management, Vaults>();

/** The vaults of a function: one object for all its requests, so that changes which come at once are written together. */
export function vaultsOf(management: Management): Vaults {
  const known = opened.get(management);
  if (known) return known;
  const { store, accountSecrets, now, randomBytes } = management;
  if (!accountSecrets) throw new Error('this function is not told where the secrets of accounts lie');
  const { client, prefix } = accountSecrets;
  const vaults = new Vaults({ store, secrets: client, prefix, now, randomBytes });
  opened.set(management, vaults);
  return vaults;
}
