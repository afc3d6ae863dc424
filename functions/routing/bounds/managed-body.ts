import type { Candidate } from '../endpoint-catalog.ts';
import type { ForwardedBody } from '../forwarded-body.ts';
import type { ModelCall } from '../model-call.ts';

/**
 * A body as it goes out with one of the deployment's keys: nothing is stored where another account could reach it, the
 * listed price holds (see `managedMembers` in the catalog), and the limit of a chat's answer stands where the provider
 * surely reads it. Otherwise as it was.
 */
export function managedBody(call: ModelCall, { provider }: Candidate, forwarded: ForwardedBody): ForwardedBody {
  const { surface } = call;
  const { members } = forwarded;
  const set: Record<string, unknown> = {
    ...(surface.name === 'responses' || members.store ? { store: false } : {}),
    ...(surface.requires && provider.managedMembers?.[surface.requires]),
  };
  for (const [name, value] of Object.entries(set)) if (members[name] === value) delete set[name];
  const renames =
    surface.name === 'chat-completions' &&
    provider.outputLimit === 'max_tokens' &&
    isSet(members.max_completion_tokens) &&
    !isSet(members.max_tokens);
  if (renames) set.max_tokens = members.max_completion_tokens;
  return withChanges(forwarded, set, renames ? ['max_completion_tokens'] : []);
}

function withChanges(forwarded: ForwardedBody, set: Record<string, unknown>, remove: string[]): ForwardedBody {
  const changed = {
    set: { ...forwarded.set, ...set },
    remove: [...forwarded.remove, ...remove],
    members: { ...forwarded.members, ...set },
  };
  for (const name of remove) {
    delete changed.set[name];
    delete changed.members[name];
  }
  return changed;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
