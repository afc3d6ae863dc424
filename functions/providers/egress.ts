import { lookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** An address may not be called from here. */
export class ForbiddenAddress extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ForbiddenAddress';
  }
}

export interface EgressRules {
  /** Loopback; only the local stack allows it. On Lambda the runtime API listens there. */
  allowLoopback: boolean;
  /** Private networks, for providers of one's own. */
  allowPrivate: boolean;
  /** Where this deployment's own stores listen, if that is on this machine: whoever reaches them needs no key. */
  storePorts?: readonly number[];
}

/** Connections to providers: kept alive, shared by all requests, and checked against the rules when they are made. */
export interface Egress {
  http: HttpAgent;
  https: HttpsAgent;
  /** @throws ForbiddenAddress when the host is an address and not allowed; names are checked when they resolve */
  checkUrl(url: URL): void;
}

export function createEgress(rules: EgressRules): Egress {
  const forbidden = forbiddenAddresses(rules);
  const isForbidden = (address: string) => forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  const checkedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const bad = addresses.find(({ address }) => isForbidden(address));
      if (bad) return callback(forbiddenHost(hostname, bad.address), '', 0);
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
  const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, lookup: checkedLookup };
  return {
    http: new HttpAgent(options),
    https: new HttpsAgent(options),
    checkUrl({ protocol, hostname, port }) {
      const address = hostname.replace(/^\[|\]$/g, '');
      if (isIP(address) !== 0 && isForbidden(address)) throw forbiddenHost(hostname, address);
      // Whatever the host is called: the stores speak plain HTTP, and a name may lead to this machine.
      if (protocol === 'http:' && rules.storePorts?.includes(Number(port || 80))) {
        throw new ForbiddenAddress(`port ${port || 80} is that of the gateway's own store; use another port`);
      }
    },
  };
}

function forbiddenHost(host: string, address: string): ForbiddenAddress {
  return new ForbiddenAddress(
    `host "${host}" resolves to ${address}, a private or local address that this deployment does not call`,
  );
}

function forbiddenAddresses({ allowLoopback, allowPrivate }: EgressRules): BlockList {
  const list = new BlockList();
  const add = (subnets: [address: string, prefix: number, family: 'ipv4' | 'ipv6'][]) => {
    for (const [address, prefix, family] of subnets) list.addSubnet(address, prefix, family);
  };
  add([
    ['0.0.0.0', 8, 'ipv4'],
    ['169.254.0.0', 16, 'ipv4'], // link-local, and the metadata service
    ['192.0.0.0', 24, 'ipv4'],
    ['198.18.0.0', 15, 'ipv4'],
    ['224.0.0.0', 4, 'ipv4'],
    ['240.0.0.0', 4, 'ipv4'],
    ['fe80::', 10, 'ipv6'],
    ['ff00::', 8, 'ipv6'],
    ['fd00:ec2::254', 128, 'ipv6'], // the metadata service
    ['::', 128, 'ipv6'],
    ['64:ff9b::', 96, 'ipv6'], // NAT64, which reaches every IPv4 address
    ['64:ff9b:1::', 48, 'ipv6'], // NAT64 of one's own network
    ['2001::', 32, 'ipv6'], // Teredo, likewise
    ['2002::', 16, 'ipv6'], // 6to4, likewise
    ['192.88.99.0', 24, 'ipv4'], // its relays
    ['fec0::', 10, 'ipv6'], // site-local, of old
  ]);
  list.addRange('::2', '::ffff:ffff', 'ipv6'); // IPv4 addresses as IPv6 had them first
  if (!allowLoopback)
    add([
      ['127.0.0.0', 8, 'ipv4'],
      ['::1', 128, 'ipv6'],
    ]);
  if (!allowPrivate) {
    add([
      ['10.0.0.0', 8, 'ipv4'],
      ['172.16.0.0', 12, 'ipv4'],
      ['192.168.0.0', 16, 'ipv4'],
      ['100.64.0.0', 10, 'ipv4'],
      ['fc00::', 7, 'ipv6'],
    ]);
  }
  return list;
}
