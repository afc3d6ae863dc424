import type { z } from 'zod';
import type { jwtValidation } from '../actions/jwt-validation.ts';
import type { PolicyRequest } from './policy-run.ts';
import { readJson } from './read-json.ts';

type TokenPlace = z.output<typeof jwtValidation.config>['http']['tokens'][number];

/** The token at a place of a request, without its prefix; undefined when there is none. */
export function findToken({ method, name, prefix = '' }: TokenPlace, request: PolicyRequest): string | undefined {
  const value = method === 'header' ? request.headers[name.toLowerCase()] : findInBody(name, request);
  // The scheme of an `Authorization` header may be written in any case.
  if (value === undefined || value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  return value.slice(prefix.length).trim() || undefined;
}

function findInBody(name: string, { method, headers, body }: PolicyRequest): string | undefined {
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return undefined;
  const type = headers['content-type'] ?? '';
  const text = body.toString('utf8');
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return new URLSearchParams(text).get(name) ?? undefined;
  if (!/^application\/(json|[\w.+-]+\+json)\b/i.test(type)) return undefined;
  const fields = readJson(text);
  if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, name)) return undefined;
  const value = (fields as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}
