import fc from 'fast-check';
import type { JsonSchema, OpenApi } from '../../infra/openapi/document.ts';

type Components = OpenApi['components']['schemas'];

/** Values that a schema of the API description allows. */
export function toArbitrary(schema: JsonSchema, components: Components): fc.Arbitrary<unknown> {
  const inner = (part: JsonSchema) => toArbitrary(part, components);
  if (schema.$ref) return inner(components[schema.$ref.split('/').at(-1) as string] as JsonSchema);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(inner));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map(type => inner({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return stringOf(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000_000, max: schema.maximum ?? 1_000_000 });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema.items ?? {}), { maxLength: Math.min(3, schema.maxItems ?? 3) });
    case 'object':
      return objectOf(schema, inner);
    default:
      return fc.jsonValue();
  }
}

function stringOf({ pattern, format, minLength, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    const future = { min: new Date('2030-01-01'), max: new Date('2090-01-01'), noInvalidDate: true };
    return fc.date(future).map(date => date.toISOString());
  }
  if (format === 'uri') return fc.webUrl();
  if (pattern) return fc.stringMatching(new RegExp(pattern), { size: 'xsmall' });
  return text({ minLength: minLength ?? 0, maxLength: Math.min(maxLength ?? 40, 40) });
}

const texts = new Map<string, fc.Arbitrary<string>>();

/** Making one takes fast-check long, so each is made once. */
function text(lengths: { minLength: number; maxLength: number }): fc.Arbitrary<string> {
  const key = JSON.stringify(lengths);
  const known = texts.get(key) ?? fc.string({ unit: 'grapheme', ...lengths });
  texts.set(key, known);
  return known;
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ minLength: 300, maxLength: 5_000 }),
);
const anyName = fc.string({ maxLength: 5 });

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  inner: (schema: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, inner(schema)]));
  return fc.record(fields, { requiredKeys: required, noNullPrototype: true });
}

/** The same with something wrong: fields left out, added, or of any other kind; or no object at all. */
export function toBrokenArbitrary(schema: JsonSchema, components: Components): fc.Arbitrary<unknown> {
  const resolved = schema.$ref ? (components[schema.$ref.split('/').at(-1) as string] as JsonSchema) : schema;
  const names = Object.keys(resolved.properties ?? {});
  const changes = fc.dictionary(fc.oneof(fc.constantFrom(...names, 'other'), anyName), anything, {
    minKeys: 1,
    maxKeys: 3,
  });
  const changed = fc
    .tuple(toArbitrary(schema, components), changes)
    .map(([valid, wrong]) => ({ ...(valid as object), ...wrong }));
  return fc.oneof({ weight: 5, arbitrary: changed }, { weight: 1, arbitrary: anything });
}
