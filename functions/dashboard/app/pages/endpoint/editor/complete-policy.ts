/** What of JSON Schema the policy's schema uses and completion reads. */
export interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Record<string, Schema | undefined>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: readonly Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export interface Suggestion {
  label: string;
  /** What is written; the cursor goes to its end. */
  text: string;
  /** What kind of value it takes, or what the value is. */
  detail: string;
  info: string;
}

export interface Suggestions {
  /** Where the word begins that they replace. */
  from: number;
  options: Suggestion[];
}

/** A step from a list to its entry, or from a map to the value of a key. */
type Step = { kind: 'entry' } | { kind: 'key'; key: string; siblings: ReadonlyMap<string, string> };

interface Line {
  /** Columns of the dashes that begin list entries. */
  dashes: number[];
  /** Where the content behind the dashes begins. */
  column: number;
  content: string;
  key?: { name: string; value: string };
}

/**
 * What could be written at a place of a policy in block YAML, which may be half written: it is read by its indentation
 * alone, as no parser could. Flow collections, such as JSON, get no suggestions.
 */
export function suggest(text: string, offset: number, schema: Schema): Suggestions | undefined {
  const lines = text.split('\n').map(readLine);
  const before = text.slice(0, offset);
  const row = before.split('\n').length - 1;
  const lineStart = before.lastIndexOf('\n') + 1;
  const here = readLine(before.slice(lineStart));
  const word = /^[\w.-]*$/.test(here.content) ? here.content : undefined;
  const valued = /^([\w.-]+):[ \t]+(["']?)([^"'#{[]*)$/.exec(here.content);
  if (word === undefined && !valued) return undefined;

  lines[row] = { ...here, ...(valued && { key: { name: valued[1] ?? '', value: '' } }) };
  const steps = stepsTo(lines, row);
  const siblings = siblingsAt(lines, row, here.column);
  const around = matching(walk(steps, schema), siblings);
  if (valued) {
    const [, key = '', , value = ''] = valued;
    return { from: offset - value.length, options: valuesOf(around.flatMap(one => below(one, key, schema))) };
  }
  const indent = ' '.repeat(here.column);
  const options = [...keysOf(around, siblings, indent, schema), ...valuesOf(around)];
  return { from: offset - (word ?? '').length, options };
}

function readLine(text: string): Line {
  const [, space = '', marks = '', content = ''] = /^( *)((?:-(?: +|$))*)(.*)$/.exec(text) ?? [];
  const dashes = [...marks.matchAll(/-/g)].map(({ index }) => space.length + index);
  const key = /^(?:"([^"]+)"|'([^']+)'|([^\s#"'{[&*!|>%@`][^#]*?)):(?:[ \t]+(.*))?$/.exec(content);
  const name = key?.[1] ?? key?.[2] ?? key?.[3];
  return {
    dashes,
    column: space.length + marks.length,
    content: content.startsWith('#') ? '' : content,
    ...(name !== undefined && { key: { name, value: (key?.[4] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2') } }),
  };
}

/** The way from the document to what line `row` writes, by the lines above that are indented less. */
function stepsTo(lines: readonly Line[], row: number): Step[] {
  const steps: Step[] = [];
  let column = lines[row]?.column ?? 0;
  let isEntry = false; // what was passed last was a dash, whose key may stand in the same column
  const pass = (dashes: readonly number[]) => {
    for (const dash of dashes.toReversed()) {
      if (dash >= column) continue;
      steps.unshift({ kind: 'entry' });
      column = dash;
      isEntry = true;
    }
  };
  pass(lines[row]?.dashes ?? []);
  for (let above = row - 1; above >= 0 && (column > 0 || isEntry); above--) {
    const line = lines[above];
    if (!line || line.content === '') continue;
    const isParent = line.key && (line.column < column || (isEntry && line.column === column));
    if (isParent && line.key) {
      steps.unshift({ kind: 'key', key: line.key.name, siblings: siblingsAt(lines, above, line.column) });
      column = line.column;
      isEntry = false;
    }
    if (line.column === column && !isEntry) pass(line.dashes);
  }
  return steps;
}

/** The other keys of the map that line `row` is in, with what is written on their lines. */
function siblingsAt(lines: readonly Line[], row: number, column: number): Map<string, string> {
  const found = new Map<string, string>();
  const add = ({ key }: Line) => key && found.set(key.name, key.value);
  for (let above = row - 1; above >= 0 && (lines[row]?.dashes.length ?? 0) === 0; above--) {
    const line = lines[above];
    if (!line || line.content === '') continue;
    if (line.column < column) break;
    if (line.column === column) add(line);
    if (line.dashes.some(dash => dash < column)) break; // here the map begins
  }
  for (let below = row + 1; below < lines.length; below++) {
    const line = lines[below];
    if (!line || line.content === '') continue;
    if (line.column < column || line.dashes.some(dash => dash < column)) break;
    if (line.column === column) add(line);
  }
  return found;
}

function walk(steps: readonly Step[], root: Schema): Schema[] {
  let schemas = resolve(root, root);
  for (const step of steps) {
    schemas =
      step.kind === 'entry'
        ? schemas.flatMap(({ items }) => (items ? resolve(items, root) : []))
        : matching(schemas, step.siblings).flatMap(schema => below(schema, step.key, root));
  }
  return schemas;
}

/** All that a schema may stand for. */
function resolve(schema: Schema, root: Schema): Schema[] {
  const name = schema.$ref?.replace('#/$defs/', '');
  const target = name === undefined ? undefined : root.$defs?.[name];
  if (target) return resolve({ ...target, ...(schema.description && { description: schema.description }) }, root);
  if (!schema.anyOf) return [schema];
  return schema.anyOf.flatMap(option =>
    resolve(schema.description ? { description: schema.description, ...option } : option, root),
  );
}

function below({ properties, additionalProperties }: Schema, key: string, root: Schema): Schema[] {
  const own = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
  const found = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  return found ? resolve(found, root) : [];
}

/** Those that fit what is written beside: only some actions have a `config` with `rate`. */
function matching(schemas: readonly Schema[], siblings: ReadonlyMap<string, string>): Schema[] {
  const fitting = schemas.filter(({ properties }) =>
    [...siblings].every(([key, value]) => {
      if (!properties) return true;
      const wanted = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (!wanted) return false;
      return wanted.const === undefined || value === '' || String(wanted.const) === value;
    }),
  );
  return fitting.length > 0 ? fitting : [...schemas];
}

function keysOf(
  schemas: readonly Schema[],
  siblings: ReadonlyMap<string, string>,
  indent: string,
  root: Schema,
): Suggestion[] {
  const found = new Map<string, Suggestion>();
  for (const [key, schema] of schemas.flatMap(({ properties = {} }) => Object.entries(properties))) {
    if (!schema || siblings.has(key) || found.has(key)) continue;
    const kinds = resolve(schema, root);
    const kind = kinds.find(({ type }) => type !== 'null')?.type ?? '';
    const next = kind === 'object' ? `\n${indent}  ` : kind === 'array' ? `\n${indent}  - ` : ' ';
    const info = schema.description ?? kinds[0]?.description ?? '';
    found.set(key, { label: key, text: `${key}:${next}`, detail: nameOfKind(kind), info });
  }
  return [...found.values()];
}

function nameOfKind(kind: string): string {
  return { array: 'list', object: 'map', boolean: 'true or false', integer: 'whole number' }[kind] ?? kind;
}

function valuesOf(schemas: readonly Schema[]): Suggestion[] {
  const found = new Map<string, Suggestion>();
  for (const schema of schemas) {
    const values = [
      ...(schema.const === undefined ? [] : [schema.const]),
      ...(schema.enum ?? []),
      ...(schema.type === 'boolean' ? [true, false] : []),
      ...(schema.default === undefined || typeof schema.default === 'object' ? [] : [schema.default]),
    ];
    for (const value of values.map(String)) {
      const detail = String(schema.default) === value ? 'default' : '';
      if (!found.has(value)) found.set(value, { label: value, text: value, detail, info: schema.description ?? '' });
    }
  }
  return [...found.values()];
}
