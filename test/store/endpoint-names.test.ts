import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openStore, type Store } from '../../functions/store/dynamo.ts';
import { claimNames, findNamed, releaseNames } from '../../functions/store/endpoint-names.ts';
import {
  changeEndpoint,
  createEndpoint,
  findEndpointByHost,
  type NewEndpoint,
} from '../../functions/store/endpoints.ts';
import { startTestStore } from '../support/store.ts';
import { intercept } from '../support/store-faults.ts';

let running: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  running = await startTestStore();
});

const name = (value: string) => ({ kind: 'host' as const, value });
const owner = (id: string) => ({ accountId: 'ac', id });
let claims = 0;
const at = (nowMs: number) => ({ claimId: `claim-${claims++}`, nowMs });
const claim = (id: string, value: string, nowMs: number, isCarried = false) =>
  claimNames(running.store, owner(id), [name(value)], at(nowMs), async () => isCarried);

test('a claim counts for a minute though no endpoint carries the name yet', async () => {
  assert.equal(await claim('one', 'a.example', 1_000), undefined);
  assert.deepEqual(await claim('two', 'a.example', 60_999), name('a.example'));
  assert.equal(await claim('two', 'a.example', 61_000), undefined);
  assert.equal((await findNamed(running.store, name('a.example')))?.endpointId, 'two');
});

test('a name that an endpoint carries is never taken over', async () => {
  await claim('one', 'b.example', 1_000);
  assert.deepEqual(await claim('two', 'b.example', 1_000_000, true), name('b.example'));
});

test('claiming again makes a claim fresh', async () => {
  await claim('one', 'c.example', 1_000);
  await claim('one', 'c.example', 50_000);
  assert.deepEqual(await claim('two', 'c.example', 70_000), name('c.example'));
});

test('a release gives up the claim that it saw, and no later one', async () => {
  const { store } = running;
  await claim('one', 'd.example', 1_000);
  const release = await releaseNames(store, owner('one'), [name('d.example')]);
  await claim('one', 'd.example', 2_000); // claimed again before the release comes
  await release();
  assert.equal((await findNamed(store, name('d.example')))?.endpointId, 'one');
  await (await releaseNames(store, owner('one'), [name('d.example')]))();
  assert.equal(await findNamed(store, name('d.example')), undefined);
});

test('nobody releases the name of another endpoint', async () => {
  await claim('one', 'e.example', 1_000);
  await (await releaseNames(running.store, owner('two'), [name('e.example')]))();
  assert.equal((await findNamed(running.store, name('e.example')))?.endpointId, 'one');
});

const endpoint = (id: string, hosts: string[]): NewEndpoint => ({
  id,
  accountId: 'ac',
  slug: id,
  hosts,
  trafficPolicy: '',
  compiledPolicy: '{}',
  callsModels: true,
  description: '',
  metadata: '',
  inspector: false,
  eventDestinationIds: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'ak',
});

test('giving a host up and taking it back at once never leaves an endpoint without the name it carries', async () => {
  const { store } = running;
  await createEndpoint(store, endpoint('swap', ['f.example']), at(1_000));
  const change = (hosts: string[]) =>
    changeEndpoint(store, { accountId: 'ac', id: 'swap' }, { hosts }, { ...at(1_000), changedBy: 'ak' });
  for (let round = 0; round < 20; round++) {
    const results = await Promise.all([change([]), change(['f.example']), change([]), change(['f.example'])]);
    const last = results
      .flatMap(result => (result.status === 'changed' ? [result.endpoint] : []))
      .sort((one, other) => other.revision - one.revision)[0];
    const found = await findEndpointByHost(store, 'f.example');
    assert.equal(found?.id, last?.hosts.length ? 'swap' : undefined, `round ${round}`);
  }
});

test('a release that comes late does not take away what was claimed meanwhile by a change in its second round', async () => {
  const { url } = running;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const open = () => openStore(running.store.tables, { endpoint: url, region: 'us-east-1', credentials });
  const [adding, dropping] = [open(), open()];
  await createEndpoint(adding, endpoint('late', []), at(1_000));
  const change = (store: Store, hosts: string[]) =>
    changeEndpoint(store, { accountId: 'ac', id: 'late' }, { hosts }, { ...at(1_000), changedBy: 'ak' });

  let dropped: Promise<unknown> = Promise.resolve();
  const releaseMay = Promise.withResolvers<void>();
  const releaseComes = Promise.withResolvers<void>();
  intercept(dropping.dynamo, async ({ name: command }, send) => {
    if (command !== 'DeleteItemCommand') return send();
    releaseComes.resolve();
    await releaseMay.promise;
    return send();
  });
  let looks = 0;
  let claimed = 0;
  intercept(adding.dynamo, async ({ name: command, input }, send) => {
    const { Item, Key } = input as Record<string, { pk?: { S?: string } } | undefined>;
    // Another change has the host already when this one, which has read the endpoint, comes to claim it.
    if (Key?.pk?.S === 'HOST#g.example' && looks++ === 0) await change(running.store, ['g.example']);
    const output = await send();
    if (command !== 'PutItemCommand' || Item?.pk?.S !== 'HOST#g.example') return output;
    if (claimed++ === 0) {
      dropped = change(dropping, []); // and a third gives it up, with the claim of this first round before it
      await releaseComes.promise;
    } else {
      releaseMay.resolve();
      await dropped;
    }
    return output;
  });
  const added = await change(adding, ['g.example']);
  assert.ok(added.status === 'changed' && claimed === 2);
  assert.equal((await findEndpointByHost(running.store, 'g.example'))?.id, 'late');
});
