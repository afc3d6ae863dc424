import { nearestName } from './nearest-name.ts';

/** One mistake in a policy document. */
export interface PolicyProblem {
  /** The product's code, such as `ERR_NGROK_2203` for an unknown field. */
  code: PolicyProblemCode;
  /** Where it is: `on_http_request[0].actions[0].config.providers[1].id`. Empty for the document as a whole. */
  path: string;
  /** What is wrong and what to write instead. */
  message: string;
}

export type PolicyProblemCode =
  | 'ERR_NGROK_2200' // bad CEL expression
  | 'ERR_NGROK_2201' // unknown action type
  | 'ERR_NGROK_2202' // action in a phase it does not support
  | 'ERR_NGROK_2203' // unknown field
  | 'ERR_NGROK_2204' // bad value
  | 'ERR_NGROK_2205' // phase not valid for the protocol
  | 'ERR_NGROK_2206' // rule without actions
  | 'ERR_NGROK_2207' // action that is never reached
  | 'ERR_NGROK_2215' // out of range
  | 'ERR_NGROK_2218' // too many entries
  | 'ERR_NGROK_2221' // too long
  | 'ERR_NGROK_2222' // not one of the allowed values
  | 'ERR_NGROK_2223' // empty
  | 'ERR_NGROK_2224' // template does not compile
  | 'ERR_NGROK_2234' // required, and missing
  | 'ERR_NGROK_2236' // not YAML or JSON
  | 'ERR_NGROK_2261' // bad regular expression
  | 'ERR_NGROK_2264' // too many rules
  | 'ERR_NGROK_2265'; // too many entries in a rule

export type Path = readonly PropertyKey[];

export function problem(code: PolicyProblemCode, path: Path, message: string): PolicyProblem {
  return { code, path: formatPath(path), message };
}

export function formatPath(path: Path): string {
  const keysFrom = path.indexOf('api_keys') + 1 || path.length;
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      // A field that does not exist there may be a key that lost its place.
      if (index >= keysFrom && part !== 'value') return '["…"]';
      return /^[\w-]{1,64}$/.test(String(part)) ? `.${String(part)}` : `[${show(String(part))}]`;
    })
    .join('')
    .replace(/^\./, '');
}

/** A value for a message: short, and only the kind of a list or map. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 76)}…"` : text;
}

/** Values below these fields may hold credentials: messages do not repeat them. */
const secretFields: ReadonlySet<PropertyKey> = new Set([
  'api_keys',
  'credentials',
  'secret',
  'headers',
  'query_params',
  'body',
]);

export function isSecret(path: Path): boolean {
  return path.some(part => secretFields.has(part));
}

/** @param known the fields that there are, one of which may have been meant */
export function unknownField(path: Path, field: string, known: readonly string[]): PolicyProblem {
  const nearest = nearestName(field, known);
  const shown = isSecret(path) && !nearest ? 'unknown field' : `unknown field ${show(field)}`;
  const remedy = nearest ? `did you mean "${nearest}"?` : `use ${listed(known)}, or remove it`;
  return problem('ERR_NGROK_2203', [...path, field], `${shown}; ${remedy}`);
}

/** `"a", "b" or "c"` */
export function listed(names: readonly string[]): string {
  const quoted = names.map(name => `"${name}"`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

/** Hostile documents have thousands of problems: the first hundred are told. */
export function firstProblems(problems: PolicyProblem[], max: number): PolicyProblem[] {
  const next = problems[max];
  if (!next) return problems;
  const message = `and ${problems.length - max} more problems, from here on; correct the others first`;
  return [...problems.slice(0, max), { ...next, message }];
}
