import type { JWTVerifyOptions } from 'jose';
import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { jwtValidation } from '../actions/jwt-validation.ts';
import type { ActionRunner } from './compile-rules.ts';
import { findToken } from './find-token.ts';
import { KeySets, KeysUnavailable } from './key-sets.ts';
import type { PolicyRun } from './policy-run.ts';
import { BadToken, verifyToken } from './verify-token.ts';

type Config = z.output<typeof jwtValidation.config>;
type TokenPlace = Config['http']['tokens'][number];

/** Keys are remembered with the compiled policy, so that accounts share none. */
export const runJwtValidation: ActionRunner<Config> = (config, compiler) => {
  const keySets = new KeySets([...new Set(config.jws.keys.sources.additional_jkus)]);
  const optionsOf = ({ type }: TokenPlace): JWTVerifyOptions => ({
    issuer: config.issuer.allow_list.map(({ value }) => value),
    ...(config.audience && { audience: config.audience.allow_list.map(({ value }) => value) }),
    algorithms: config.jws.allowed_algorithms,
    ...(type.endsWith('+jwt') && { typ: type }),
  });
  return async run => {
    const tokens: object[] = [];
    const note = (code: string, message: string) => run.note('jwt-validation', { tokens, error: { code, message } });
    for (const place of config.http.tokens) {
      const told = { location: place.method, location_property: place.name };
      try {
        tokens.push({ ...told, ...(await verify(place, optionsOf(place), keySets, run)), verified: true });
      } catch (error) {
        tokens.push({ ...told, header: {}, payload: {}, signature: '', verified: false });
        const refusal = toRefusal(error, place, compiler.label);
        note(refusal.code, refusal.message);
        throw refusal;
      }
    }
    note('', '');
    return undefined;
  };
};

async function verify(
  place: TokenPlace,
  options: JWTVerifyOptions,
  keySets: KeySets,
  { request, services }: PolicyRun,
) {
  const token = findToken(place, request);
  if (token === undefined) throw new BadToken('it is missing');
  const { protectedHeader, payload } = await verifyToken(token, keySets, options, services);
  return { header: protectedHeader, payload, signature: token.slice(token.lastIndexOf('.') + 1) };
}

function toRefusal(cause: unknown, { method, name, prefix = '' }: TokenPlace, label: string): GatewayError {
  if (cause instanceof KeysUnavailable) {
    const message = `The keys that ${label} checks tokens with cannot be had just now; try again`;
    return new GatewayError('policy_dependency_failed', message, { retryAfterSeconds: 5, cause });
  }
  if (!(cause instanceof BadToken)) throw cause;
  const where = method === 'header' ? `header "${name}"` : `field "${name}" of the body`;
  const message = `The token in ${where}${prefix && ` (after "${prefix}")`} is not valid: ${cause.message}`;
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return new GatewayError('jwt_invalid', message, { headers, cause });
}
