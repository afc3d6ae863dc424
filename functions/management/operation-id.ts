const verbs: Record<string, string> = { GET: 'get', POST: 'create', PATCH: 'update', DELETE: 'delete' };

/**
 * The name of an operation in the API description, in the audit log and in the client: `GET /vaults` is `listVaults`,
 * `PATCH /vaults/{id}` is `updateVault`, `POST /endpoints/{id}/rollback` is `rollbackEndpoint`.
 */
export function operationNameOf({ method, path }: { method: string; path: string }): string {
  const segments = path.split('/').filter(Boolean);
  const last = segments.at(-1) as string;
  const nouns = segments.filter(segment => !segment.startsWith('{'));
  const isMember = last.startsWith('{');
  const isCollection = !isMember && last.endsWith('s');
  if (method === 'POST' && !isMember && !isCollection) {
    return last + toWords(nouns.slice(0, -1), segments.at(-2)?.startsWith('{') === true);
  }
  const verb = method === 'GET' && isCollection ? 'list' : (verbs[method] as string);
  return verb + toWords(nouns, isMember || method !== 'GET');
}

/** `['endpoints', 'versions']` is `EndpointVersions`, or `EndpointVersion` when it is about one of them. */
function toWords(nouns: string[], isOne: boolean): string {
  return nouns.map((noun, index) => toWord(index < nouns.length - 1 || isOne ? noun.replace(/s$/, '') : noun)).join('');
}

function toWord(noun: string): string {
  return noun
    .split(/[^A-Za-z0-9]+/)
    .map(part => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}
