/** A kind of object in expressions: the class that wraps it and the fields that can be read. */
export interface CelType {
  /** As types name it: `Model` in `list<Model>`. */
  name: string;
  /** As messages name it: `a model`. */
  label: string;
  wrapper: Wrapper<object>;
  /** CEL type by field: `string`, `list<string>`, `dyn`. */
  fields: Readonly<Record<string, string>>;
}

export type Wrapper<Wrapped> = new (...values: never[]) => Wrapped;

/** CEL type of a field, and its value in CEL's terms: whole numbers as bigint, others as number, unknown ones null. */
export type Field<Wrapped> = readonly [type: string, read: (wrapped: Wrapped) => unknown];

/**
 * Declares what expressions see of a class: each field becomes a getter, so that values are made only when read.
 * A number that may be unknown has type `dyn` and is null then: comparisons with it are false, calculations give null,
 * sorting puts it last, and `== null` tells.
 */
export function declareType<Wrapped extends object>(
  name: string,
  label: string,
  wrapper: Wrapper<Wrapped>,
  fields: Record<string, Field<Wrapped>>,
): CelType {
  for (const [field, [, read]] of Object.entries(fields)) {
    Object.defineProperty(wrapper.prototype, field, {
      get(this: Wrapped) {
        return read(this);
      },
    });
  }
  const types = Object.fromEntries(Object.entries(fields).map(([field, [type]]) => [field, type]));
  return { name, label, wrapper, fields: types };
}

/** A whole number as CEL's int. */
export function int(value: number): bigint {
  return BigInt(Math.round(value));
}

export function intOrNull(value: number | null | undefined): bigint | null {
  return value === null || value === undefined ? null : int(value);
}
