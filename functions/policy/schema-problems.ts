import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import {
  isSecret,
  listed,
  type Path,
  type PolicyProblem,
  type PolicyProblemCode,
  problem,
  show,
  unknownField,
} from './problems.ts';

/**
 * Parses a part of a policy.
 * @param path where in the document the part is
 * @returns the parsed value, or a problem for everything that is wrong with it
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: Path,
): { value: z.output<Schema> } | { problems: PolicyProblem[] } {
  const parsed = schema.safeParse(value, { error: issue => describe(issue, [...path, ...(issue.path ?? [])]) });
  if (parsed.success) return { value: parsed.data };
  return { problems: parsed.error.issues.flatMap(issue => toProblems(issue, path)) };
}

function toProblems(issue: z.core.$ZodIssue, base: Path): PolicyProblem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(fieldSeparator);
    return issue.keys.map(key => unknownField(path, key, known));
  }
  if (issue.code === 'invalid_union') {
    // One option was meant: the one whose own type fits, so that something inside it is wrong.
    const meant = issue.errors.find(errors => errors.every(inner => inner.path.length > 0 || !isWrongType(inner)));
    if (meant) return meant.flatMap(inner => toProblems(inner, path));
  }
  if (issue.code === 'invalid_key') return issue.issues.flatMap(inner => toProblems(inner, path));
  return [problem(codeOf(issue), path, issue.message)];
}

function isWrongType({ code }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type';
}

function codeOf(issue: z.core.$ZodIssue): PolicyProblemCode {
  if (issue.message === missing) return 'ERR_NGROK_2234';
  if (issue.message.startsWith(noValue)) return 'ERR_NGROK_2223';
  switch (issue.code) {
    case 'custom':
      return issue.params?.code ?? 'ERR_NGROK_2204';
    case 'too_big':
      if (issue.origin === 'string') return 'ERR_NGROK_2221';
      return issue.origin === 'array' ? 'ERR_NGROK_2218' : 'ERR_NGROK_2215';
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'ERR_NGROK_2223' : 'ERR_NGROK_2215';
    case 'invalid_value':
      return 'ERR_NGROK_2222';
    default:
      return 'ERR_NGROK_2204';
  }
}

const missing = 'is required and missing; add it';
const noValue = 'has no value; ';
/** Joins the known fields of a map on their way through the message of an issue. */
const fieldSeparator = ' ';

function describe(issue: z.core.$ZodRawIssue, path: Path): string | undefined {
  if (issue.input === undefined) return missing;
  switch (issue.code) {
    case 'unrecognized_keys':
      return fieldsOf(issue.inst).join(fieldSeparator);
    case 'invalid_type':
      if (issue.input === null) return `${noValue}write ${kinds[issue.expected] ?? 'one'}, or remove it`;
      return describeWrongType(issue, isSecret(path));
    case 'invalid_union':
      return `${show(issue.input)} is neither a text nor a map with "name"; write one of them`;
    case 'too_big':
      return describeTooBig(issue);
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return 'is empty; fill it, or remove it';
      return `${show(issue.input)} is too small; write at least ${issue.minimum}`;
    case 'invalid_value':
      if (issue.input === null) return `${noValue}write ${listed(issue.values.map(String))}, or remove it`;
      return describeNotAllowed(issue.input, issue.values.map(String));
    default:
      return undefined;
  }
}

function fieldsOf(schema: z.core.$ZodRawIssue['inst']): string[] {
  return schema && 'shape' in schema._zod.def ? Object.keys(schema._zod.def.shape as object) : [];
}

const kinds: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function describeWrongType(
  { expected, input, inst }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidType>,
  isSecret: boolean,
): string {
  const shown = isSecret ? 'this' : show(input);
  const kind = kinds[expected] ?? expected;
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) {
    const remedy = isSecret ? 'put it in quotes' : `put it in quotes: "${input}"`;
    return `${shown} is ${typeof input === 'number' ? 'a number' : 'true or false'}, not a text; ${remedy}`;
  }
  const fields = fieldsOf(inst);
  if (fields.length > 0) return `${shown} is not a map; write a map with ${listed(fields)}`;
  if (expected === 'array') return `${shown} is not a list; write its entries on lines that begin with "- ", or in []`;
  if (expected === 'boolean') return `${shown} is not true or false; write one of them, without quotes`;
  if (expected === 'int' || expected === 'number') return `${shown} is not ${kind}; write one, without quotes`;
  return `${shown} is not ${kind}; write ${kind}`;
}

function describeTooBig({ origin, input, maximum }: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig>): string {
  if (origin === 'string') return `has ${String(input).length} characters; ${maximum} is the most`;
  if (origin === 'array') return `has ${(input as unknown[]).length} entries; ${maximum} is the most`;
  return `${show(input)} is too large; ${maximum} is the most`;
}

function describeNotAllowed(input: unknown, allowed: string[]): string {
  const nearest = typeof input === 'string' ? nearestName(input, allowed) : undefined;
  const remedy = nearest ? `did you mean "${nearest}"? Allowed: ` : 'write ';
  return `${show(input)} is not allowed; ${remedy}${listed(allowed)}`;
}
