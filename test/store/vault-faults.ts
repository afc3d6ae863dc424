import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Store } from '../../functions/store/dynamo.ts';

/** `lost`: the call never arrives; `unanswered`: it takes effect and its answer is lost. */
export type Fault = 'lost' | 'unanswered';

export interface FaultyClients {
  store: Store;
  secrets: SecretsManagerClient;
  /** What was called, such as `UpdateItem` or `PutSecretValue`. */
  calls: string[];
}

/**
 * Clients of a process in which one call fails.
 * @param failAt number of the call, from 1; `Infinity` for none
 * @param andAllAfter whether the process dies with it, so that no later call leaves it
 */
export function faultyClients(
  store: Store,
  secrets: SecretsManagerClient,
  { failAt, fault, andAllAfter }: { failAt: number; fault: Fault; andAllAfter: boolean },
): FaultyClients {
  const calls: string[] = [];
  const wrap = <Client extends { send: unknown }>(client: Client): Client => {
    const send = async (command: { constructor: { name: string } }) => {
      calls.push(command.constructor.name.replace(/Command\d*$/, ''));
      const number = calls.length;
      const isHit = number === failAt;
      if (isHit && fault === 'unanswered') await (client.send as (command: unknown) => Promise<unknown>)(command);
      if (isHit || (andAllAfter && number > failAt)) throw new Error('the connection was cut');
      return (client.send as (command: unknown) => Promise<unknown>)(command);
    };
    return { send } as unknown as Client;
  };
  const bind = <Client extends { send: unknown }>(client: Client): Client => {
    const real = client as unknown as { send(command: unknown): Promise<unknown> };
    return { send: (command: unknown) => real.send(command) } as unknown as Client;
  };
  const dynamo = wrap(bind(store.dynamo));
  return { store: { ...store, dynamo, dynamoOnce: dynamo }, secrets: wrap(bind(secrets)), calls };
}
