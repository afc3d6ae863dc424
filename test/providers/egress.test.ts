import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEgress, ForbiddenAddress } from '../../functions/providers/egress.ts';
import { readStorePorts } from '../../functions/store/settings.ts';

const everywhere = [
  ...['0.0.0.0', '169.254.169.254', '192.0.0.8', '192.88.99.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::7f00:1', 'fe80::1', 'fec0::1', 'ff02::1', 'fd00:ec2::254'],
  ...['64:ff9b::a9fe:a9fe', '64:ff9b:1::a9fe:a9fe', '2001::1', '2002:a9fe:a9fe::1', '::ffff:169.254.169.254'],
];
const loopback = ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1'];
const privateNetworks = ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fc00::1'];

function isAllowed(address: string, allowLoopback: boolean, allowPrivate: boolean): boolean {
  try {
    createEgress({ allowLoopback, allowPrivate }).checkUrl(
      new URL(`http://${address.includes(':') ? `[${address}]` : address}/`),
    );
    return true;
  } catch (error) {
    assert(error instanceof ForbiddenAddress);
    return false;
  }
}

test('metadata, link-local and reserved addresses are never called, in whatever notation', () => {
  for (const address of everywhere) assert.equal(isAllowed(address, true, true), false, address);
});

test('loopback and private networks are called only where the deployment allows them', () => {
  for (const address of loopback) {
    assert.deepEqual([isAllowed(address, false, true), isAllowed(address, true, false)], [false, true], address);
  }
  for (const address of privateNetworks) {
    assert.deepEqual([isAllowed(address, true, false), isAllowed(address, false, true)], [false, true], address);
  }
});

test('public addresses are called', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
    assert.equal(isAllowed(address, false, false), true, address);
  }
});

test('the ports of the stores are not called over http, whatever the host is called', () => {
  const storePorts = readStorePorts({
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://localhost',
  });
  const egress = createEgress({ allowLoopback: true, allowPrivate: true, storePorts });
  for (const url of ['http://127.0.0.1:8000/', 'http://db.internal:8000/', 'http://[::1]/', 'http://localhost:80/x']) {
    assert.throws(() => egress.checkUrl(new URL(url)), ForbiddenAddress, url);
  }
  for (const url of ['http://127.0.0.1:8001/', 'https://localhost:8000/', 'https://localhost/']) {
    egress.checkUrl(new URL(url));
  }
});

test('only stores of plain HTTP have ports to avoid, and an address that is none is named', () => {
  assert.deepEqual(readStorePorts({}), []);
  assert.deepEqual(readStorePorts({ AWS_ENDPOINT_URL_DYNAMODB: 'https://db.example' }), []);
  assert.throws(
    () => readStorePorts({ AWS_ENDPOINT_URL_DYNAMODB: 'nowhere' }),
    /AWS_ENDPOINT_URL_DYNAMODB is "nowhere"/,
  );
});
