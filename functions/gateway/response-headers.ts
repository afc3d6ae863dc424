const relayedNames = new Set(['content-type', 'retry-after', 'x-request-id', 'request-id']);
const relayedPrefixes = ['x-ratelimit-', 'anthropic-ratelimit-'];

/** The provider's headers that a client may use. Nothing else passes: no cookies, and no header that looks like ours. */
export function relayedHeaders(headers: Record<string, string>): Record<string, string> {
  const relayed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (relayedNames.has(name) || relayedPrefixes.some(prefix => name.startsWith(prefix))) relayed[name] = value;
  }
  return relayed;
}
