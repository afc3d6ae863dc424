import ipaddr from 'ipaddr.js';

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `a=b&c=d`: names and values without spaces, percent-encoded where needed. */
export function isQueryString(text: string): boolean {
  return text.split('&').every(pair => /^(?:[^\s%=&#?]|%[0-9A-Fa-f]{2})+=(?:[^\s%&#]|%[0-9A-Fa-f]{2})*$/.test(pair));
}

/** A whole URL with a host. */
export function isUrl(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/]/.test(text) && !/\s/.test(text) && URL.canParse(text);
}

/** @see https://www.rfc-editor.org/rfc/rfc1918 */
export function isPrivateIp(text: string): boolean {
  const address = readAddress(text);
  return address?.kind() === 'ipv4' && address.range() === 'private';
}

type Address = ReturnType<typeof ipaddr.process>;

/** IPv4 addresses inside IPv6 ones are read as what they are. Shortened ones such as `10.1` are no addresses. */
export function readAddress(text: string): Address | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !(text.includes(':') && ipaddr.IPv6.isValid(text))) return undefined;
  return ipaddr.process(text);
}

/** A range such as `10.0.0.0/8`; bits behind the prefix do not matter. */
export interface AddressRange {
  includes(address: Address): boolean;
}

export function readRange(text: string): AddressRange | undefined {
  const [, network = '', bits = ''] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const first = readAddress(network);
  // A range of IPv4 addresses inside IPv6 ones loses the 96 bits in front.
  const prefix = Number(bits) - (first?.kind() === 'ipv4' && network.includes(':') ? 96 : 0);
  if (!first || bits === '' || prefix < 0 || prefix > 8 * first.toByteArray().length) return undefined;
  return { includes: address => address.kind() === first.kind() && address.match(first, prefix) };
}
