/**
 * Whether an address that a policy names may be called at all: over `https`, or over `http` inside a private network
 * (`*.internal`) or on this machine. Whether this machine may be called is for the egress rules.
 */
export function isCallable({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && (hostname.endsWith('.internal') || isLoopback(hostname));
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
