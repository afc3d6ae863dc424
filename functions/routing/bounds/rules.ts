import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../providers/json-object.ts';
import type { Tally } from './tally.ts';

/**
 * Looks at one value of a request on managed keys: notes what it can use beyond its text, or refuses it.
 *
 * Inside a request, what is not listed is refused, for members of messages and options as for types of items, parts and
 * tools: they are what runs at a provider, or brings pictures and pages. Members of the request itself that are not listed
 * pass, as they do with own keys: clients use what providers added yesterday, and most of it costs nothing. One that turns
 * out to cost is listed as refused. Until then what it cost beyond the hold is an overrun, which the deployment pays and is
 * told of, and never the balance. Other members of a part that is listed are its text.
 */
export type Rule = (value: unknown, tally: Tally) => void;
export type Rules = Readonly<Record<string, Rule>>;

/** Uses no more tokens than it has bytes, or none. */
export const plain: Rule = () => {};

/** Refuses everything that asks for something. */
export function refused(what: string, why: string, remedy?: string): Rule {
  return value => {
    if (!isAbsent(value)) throw unbounded(what, why, remedy);
  };
}

/** Lets only these values pass, and what asks for nothing. */
export function only(values: readonly unknown[], what: string, why: string): Rule {
  return value => {
    if (!isAbsent(value) && !values.includes(value)) throw unbounded(`${what} ${show(value)}`, why);
  };
}

/** Every member of an object by the rule of its name. */
export function members(rules: Rules, what: string): Rule {
  return (value, tally) => {
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      if (member === null || member === undefined) continue;
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      if (!rule) throw unbounded(`${show(name)} in ${what}`, 'what it can cost is not known');
      rule(member, tally);
    }
  };
}

/** Members of the request itself by the rules of their names; a listed name in other letters could mean two things. */
export function requestMembers(rules: Rules): Rule {
  const listed = new Set(Object.keys(rules).map(name => name.toLowerCase()));
  return (value, tally) => {
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      if (member === null || member === undefined) continue;
      if (Object.hasOwn(rules, name)) rules[name]?.(member, tally);
      else if (listed.has(name.toLowerCase()))
        throw unbounded(`${show(name)} in the request`, 'it could mean two things');
    }
  };
}

/** Every element of a list, or the value itself where it is none. */
export function each(rule: Rule): Rule {
  return (value, tally) => {
    for (const element of Array.isArray(value) ? value : [value]) rule(element, tally);
  };
}

/** An object by the rule of its `type`; what is no object is text. */
export function byType(rules: Rules, what: string, why: string, typeOf: (value: JsonObject) => unknown = typeMember) {
  return (value: unknown, tally: Tally): void => {
    if (!isObject(value)) return;
    const type = typeOf(value);
    const rule = typeof type === 'string' && Object.hasOwn(rules, type) ? rules[type] : undefined;
    if (!rule) throw unbounded(`${what} of type ${show(type)}`, why);
    rule(value, tally);
  };
}

/** A server that ignores case would see another type than we do. */
export function typeMember(value: JsonObject): unknown {
  const names = Object.keys(value).filter(name => name.toLowerCase() === 'type');
  if (names.some(name => name !== 'type'))
    throw unbounded('a member "type" in other letters', 'it could mean two things');
  return value.type;
}

/**
 * @param remedy what to do when an own key is not at hand
 * @returns ERR_NGROK_3816 for what could cost more than can be set aside
 */
export function unbounded(what: string, why: string, remedy = 'Leave it out'): GatewayError {
  return new GatewayError(
    'ERR_NGROK_3816',
    `Managed keys cannot be used with ${what}: ${why}. ${remedy}, or use your own provider key`,
    { type: 'cost_not_bounded' },
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);
}

/** Enough of a value to recognise it, and nothing of a prompt. */
export function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
