import { builtInCatalog } from '../core/catalog/built-in-catalog.ts';
import { nearestName } from './nearest-name.ts';
import { type Path, type PolicyProblem, problem, show } from './problems.ts';

/** What a policy is checked against beside itself. */
export interface PolicyContext {
  /** Whether providers may be on this machine, over http too; only local stacks allow it. */
  allowLoopback: boolean;
  /** Whether the deployment has a provider of that id or alias, with a base URL: then a policy need not give one. */
  knowsProvider(name: string): boolean;
}

/**
 * Finds the mistakes in `providers` that no single field shows: names that mean two things, base URLs that are missing
 * or not allowed, surfaces that contradict themselves. Reads what it can, so that they are told together with others.
 * @param providers as written
 */
export function checkProviders(providers: unknown, path: Path, context: PolicyContext): PolicyProblem[] {
  const listedProviders = maps(providers, path);
  return [
    ...checkProviderNames(listedProviders, context),
    ...listedProviders.flatMap(provider => [
      ...checkBaseUrl(provider, context),
      ...checkModelNames(provider),
      ...checkSurfaces(provider),
    ]),
  ];
}

interface Written {
  fields: Record<string, unknown>;
  path: Path;
}

/** The maps of a list; whatever else is in it is told elsewhere. */
function maps(list: unknown, path: Path): Written[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? [{ fields: item as Record<string, unknown>, path: [...path, index] }]
      : [],
  );
}

interface WrittenName {
  name: string;
  path: Path;
  isAlias: boolean;
  /** Which of the list it names. */
  owner: number;
}

function namesOf({ fields, path }: Written, owner: number): WrittenName[] {
  const aliases: unknown[] = Array.isArray(fields.id_aliases) ? fields.id_aliases : [];
  return [
    ...(typeof fields.id === 'string' ? [{ name: fields.id, path: [...path, 'id'], isAlias: false, owner }] : []),
    ...aliases.flatMap((alias, index) =>
      typeof alias === 'string' ? [{ name: alias, path: [...path, 'id_aliases', index], isAlias: true, owner }] : [],
    ),
  ];
}

/**
 * Ids must differ, and so must aliases; but a provider of one's own may carry the name of a known provider as an alias,
 * and then the prefix means both.
 */
function checkProviderNames(providers: Written[], context: PolicyContext): PolicyProblem[] {
  const names = providers.flatMap((provider, owner) =>
    namesOf(provider, owner).map(entry => ({
      ...entry,
      // `gemini` and `google` are one provider: to configure both is to configure it twice.
      key: entry.isAlias ? entry.name.toLowerCase() : canonicalId(entry.name),
    })),
  );
  return collisions(names, 'provider', (first, second) => {
    const isShared = first.isAlias || second.isAlias;
    return isShared && context.knowsProvider(second.name);
  });
}

function canonicalId(id: string): string {
  return builtInCatalog.provider(id)?.id ?? id.toLowerCase();
}

function checkModelNames({ fields, path }: Written): PolicyProblem[] {
  const names = maps(fields.models, [...path, 'models']).flatMap(namesOf);
  return collisions(
    names.map(entry => ({ ...entry, key: entry.name.toLowerCase() })),
    'model',
    () => false,
  );
}

type KeyedName = WrittenName & { key: string };

function collisions(
  names: KeyedName[],
  thing: 'provider' | 'model',
  isAllowed: (first: KeyedName, second: KeyedName) => boolean,
): PolicyProblem[] {
  const taken = new Map<string, KeyedName>();
  const problems: PolicyProblem[] = [];
  for (const entry of names) {
    const first = taken.get(entry.key);
    if (!first) taken.set(entry.key, entry);
    else if (first.owner !== entry.owner && !isAllowed(first, entry)) {
      const isSame = first.name === entry.name;
      const other = isSame ? `another ${thing}` : `the same ${thing} as ${show(first.name)}`;
      const remedy = entry.isAlias ? 'remove it, or choose another alias' : 'rename one, or join the two';
      problems.push(problem('ERR_NGROK_2204', entry.path, `${show(entry.name)} already names ${other}; ${remedy}`));
    }
  }
  return problems;
}

function checkBaseUrl({ fields, path }: Written, context: PolicyContext): PolicyProblem[] {
  const { id, base_url } = fields;
  const where = [...path, 'base_url'];
  if (typeof base_url === 'string') {
    const mistake = baseUrlMistake(base_url, context.allowLoopback);
    return mistake ? [problem('ERR_NGROK_2204', where, mistake)] : [];
  }
  if (base_url !== undefined || typeof id !== 'string' || context.knowsProvider(id)) return [];
  const known = builtInCatalog.providers.flatMap(provider => [provider.id, ...provider.aliases]);
  const nearest = nearestName(id, known);
  const remedy = nearest ? `correct the id to ${show(builtInCatalog.provider(nearest)?.id)}, or add` : 'add';
  const message = `${show(id)} is not in the catalog, so its base_url is required; ${remedy} base_url: https://…`;
  return [problem('ERR_NGROK_2234', where, message)];
}

/** `https`, or `http` inside a private network (`*.internal`), or loopback where the deployment allows it. */
function baseUrlMistake(text: string, allowLoopback: boolean): string | undefined {
  // What follows these signs may be a credential.
  const shown = /[@?#]/.test(text) ? 'this' : show(text);
  if (!URL.canParse(text)) return `${shown} is not a URL; write one such as "https://models.example.com/v1"`;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username || password) return 'a base URL cannot hold a user or password; use api_keys or headers';
  if (search || hash) return 'a base URL cannot end in a query or fragment; use query_params';
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (isLoopback && allowLoopback && /^https?:$/.test(protocol)) return undefined;
  if (isLoopback) return `${shown} is this machine, which only local stacks may call; use another host`;
  if (protocol === 'https:' || (protocol === 'http:' && hostname.endsWith('.internal'))) return undefined;
  return `${shown} is not allowed; use https (http only for hosts that end in .internal)`;
}

function checkSurfaces({ fields, path }: Written): PolicyProblem[] {
  const seen = new Set<string>();
  return maps(fields.supported_api_surfaces, [...path, 'supported_api_surfaces']).flatMap(({ fields, path }) => {
    const { format, surface, supported_params } = fields;
    const problems: PolicyProblem[] = [];
    if (supported_params !== undefined && surface === undefined) {
      const message = 'belongs to one surface; add surface, such as "chat-completions", or remove it';
      problems.push(problem('ERR_NGROK_2204', [...path, 'supported_params'], message));
    }
    const formatOfSurface = surface === 'messages' ? 'anthropic' : 'openai';
    if (isSurface(surface) && (format === 'openai' || format === 'anthropic') && format !== formatOfSurface) {
      const message = `"${surface}" belongs to format "${formatOfSurface}", not "${format}"; correct one of them`;
      problems.push(problem('ERR_NGROK_2222', [...path, 'surface'], message));
    }
    const key = `${show(format)} ${show(surface)}`;
    if (seen.has(key)) problems.push(problem('ERR_NGROK_2204', path, 'is there twice; remove one, or join the two'));
    seen.add(key);
    return problems;
  });
}

function isSurface(value: unknown): value is string {
  return value === 'chat-completions' || value === 'responses' || value === 'messages';
}
