import type { ASTNode, Environment } from 'cel-js';
import type { Phase } from '../action.ts';
import { piiPatterns } from '../patterns/pii.ts';
import { registerAbsentValues } from './absent-values.ts';
import { callOf, childrenOf } from './ast.ts';
import { extendBase } from './base-environment.ts';
import { type CelType, declareType } from './cel-type.ts';
import { checkPolicyNode } from './check-policy-node.ts';
import type { Dialect } from './dialect.ts';
import { encodingMacros } from './macros/encoding.ts';
import { hashMacros } from './macros/hash.ts';
import { registerHttpFunctions, requestFunctions, responseFunctions } from './macros/http.ts';
import { listMacros } from './macros/lists.ts';
import { networkMacros } from './macros/network.ts';
import { randomMacros } from './macros/random.ts';
import { nameOf, ownName, publicName, registerMacros } from './macros/register.ts';
import { stringMacros } from './macros/strings.ts';
import { timeMacros } from './macros/time.ts';
import { requestType } from './request-view.ts';
import { responseType } from './response-view.ts';
import { Secrets } from './secrets-view.ts';
import { registerSortBy } from './sort-by.ts';
import { surroundingTypes } from './surroundings.ts';
import { joinTextFields } from './text-fields.ts';

/** The names that functions stand behind, such as `json` of `json.decode`, and their types. */
const namespaces = {
  base64: 'Base64',
  basic_auth: 'BasicAuth',
  hash: 'Hash',
  json: 'Json',
  lists: 'Lists',
  queryString: 'QueryString',
  strings: 'Strings',
  url: 'Url',
} as const;

const namespaceTypes = Object.entries(namespaces).map(([label, name]) => {
  const wrapper = class {};
  return { type: { name, label, wrapper, fields: {} } satisfies CelType, value: new wrapper() };
});

const ownTypes: readonly CelType[] = [
  requestType,
  responseType,
  ...surroundingTypes,
  { name: 'Secrets', label: 'secrets', wrapper: Secrets, fields: {} },
  ...namespaceTypes.map(({ type }) => type),
];

const macros = [
  ...encodingMacros,
  ...hashMacros,
  ...listMacros,
  ...networkMacros,
  ...randomMacros,
  ...stringMacros,
  ...timeMacros,
];

/** Functions that are ours under the name of one of CEL's. */
const ownNames: ReadonlySet<string> = new Set(
  macros.map(({ signature }) => nameOf(signature)).filter(name => name !== publicName(name)),
);

const functions: readonly string[] = [
  ...macros.map(({ signature }) => publicName(nameOf(signature))),
  ...requestFunctions,
  ...responseFunctions,
  ...['get', 'sortBy', 'timestamp', 'bytes'],
];

const sparse = {
  fields: new Set([
    ...['Request.headers', 'Request.cookies', 'Request.url.query_params', 'Request.content_type.parameters'],
    ...['Response.headers', 'Response.cookies', 'Response.content_type.parameters'],
  ]),
  functions: new Set([...requestFunctions, ...responseFunctions]),
  variables: new Set(['vars', 'actions', 'last_attempt']),
};

/** Types of the variables that every phase has. */
const variables = {
  req: 'Request',
  conn: 'Connection',
  endpoint: 'Endpoint',
  time: 'Time',
  rand: 'Random',
  vars: 'map<string, dyn>',
  actions: 'map<string, dyn>',
  secrets: 'Secrets',
} as const;

/** Variables beside those of the phase: what `http-request` asks before it tries again. */
const retryVariables = { attempts: 'int', last_attempt: 'map<string, dyn>' } as const;

/** Where an expression stands: in a rule or an action of a phase, or in the `retry_condition` of an action there. */
export type Place = Phase | `${Phase} retry`;

const made = new Map<Place, Dialect>();

/** What expressions and templates of a policy are written in; made when first asked for. */
export function policyDialect(place: Place): Dialect {
  const known = made.get(place);
  if (known) return known;
  const dialect = makeDialect(place);
  made.set(place, dialect);
  return dialect;
}

function makeDialect(place: Place): Dialect {
  const [phase] = place.split(' ') as [Phase];
  const types = [...ownTypes, pii.type];
  const environment = extendBase(types, { mixedLists: true });
  registerFunctions(environment);
  const ofPhase = {
    ...variables,
    ...(phase === 'on_http_request' ? {} : { res: 'Response' }),
    ...(place === phase ? {} : retryVariables),
  };
  for (const [name, type] of Object.entries(ofPhase)) environment.registerVariable(name, type);
  const constants = [...namespaceTypes, pii];
  for (const { type, value } of constants) environment.registerConstant(type.label, type.name, value);
  const names = [...Object.keys(ofPhase), ...constants.map(({ type }) => type.label)];
  const typesByVariable = new Map(
    Object.entries(ofPhase).flatMap(([name, type]) =>
      types.filter(({ name: of }) => of === type).map(of => [name, of]),
    ),
  );
  return {
    environment,
    variables: names,
    types,
    functions,
    sparse,
    checkNode: node => checkPolicyNode(node, { phase, variables: names }),
    rewrite(root) {
      joinTextFields(root, typesByVariable);
      callOwnFunctions(root);
    },
    explainVariable: name => (name === 'res' ? noAnswerYet('res') : undefined),
  };
}

function noAnswerYet(name: string): string {
  return `"${name}" is not known before there is an answer; move it into a rule of on_http_response`;
}

/** `pii`: the patterns by name. */
const pii = declarePii();

function declarePii(): { type: CelType; value: object } {
  const wrapper = class {};
  const fields = Object.entries(piiPatterns).map(([name, pattern]) => [name, ['string', () => pattern]] as const);
  return { type: declareType('Pii', 'pii', wrapper, Object.fromEntries(fields)), value: new wrapper() };
}

function registerFunctions(environment: Environment): void {
  registerAbsentValues(environment);
  registerMacros(environment, macros);
  registerHttpFunctions(environment);
  registerSortBy(environment);
  const get = (secrets: Secrets, ...names: string[]) => secrets.get(...names);
  environment.registerFunction('Secrets.get(string, string): string', get, { async: false });
  environment.registerFunction('Secrets.get(string): string', get, { async: false });
}

function callOwnFunctions(node: ASTNode): void {
  for (const child of childrenOf(node)) callOwnFunctions(child);
  const call = callOf(node);
  if ((node.op === 'call' || node.op === 'rcall') && call && ownNames.has(ownName(call.name))) {
    node.args[0] = ownName(call.name);
  }
}
