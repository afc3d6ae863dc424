import type { CompactJWSHeaderParameters, JWTVerifyOptions, JWTVerifyResult, LocalJWKSet } from 'jose';
import type { KeySets } from './key-sets.ts';
import type { PolicyServices } from './policy-run.ts';

/** Why a token is not valid, in words that repeat nothing of it. */
export class BadToken extends Error {
  override readonly name = 'BadToken';
}

/** So late, or early, a token may still be used: its issuer's clock is not ours. */
const clockToleranceSeconds = 5;

/**
 * Verifies a token with keys that may have to be fetched.
 * @throws BadToken, or KeysUnavailable when the key may be in a set that could not be had
 */
export async function verifyToken(
  token: string,
  keySets: KeySets,
  options: JWTVerifyOptions,
  services: Pick<PolicyServices, 'call' | 'now' | 'report'>,
): Promise<JWTVerifyResult> {
  const { decodeProtectedHeader } = await import('jose');
  const header = await orBadToken(async () => decodeProtectedHeader(token) as CompactJWSHeaderParameters);
  if (!options.algorithms?.some(algorithm => algorithm === header.alg)) {
    throw new BadToken('its algorithm is not among the allowed ones');
  }
  const dated = { ...options, currentDate: new Date(services.now()), clockTolerance: clockToleranceSeconds };
  const verified =
    (await verifyWith(await keySets.all(services), token, header, dated)) ??
    (await verifyWith(await keySets.again(services), token, header, dated));
  if (verified) return verified;
  throw keySets.missing() ?? new BadToken('no key set has the key that it names');
}

/** @returns undefined when no set has a key for it */
async function verifyWith(
  sets: readonly LocalJWKSet[],
  token: string,
  header: CompactJWSHeaderParameters,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult | undefined> {
  const { errors, jwtVerify } = await import('jose');
  let failure: BadToken | undefined;
  for (const set of sets) {
    for (const key of await keysFor(set, header)) {
      try {
        return await jwtVerify(token, key, options);
      } catch (error) {
        // A token without a key id may be signed with any of the keys.
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw await toBadToken(error);
        failure = await toBadToken(error);
      }
    }
  }
  if (failure) throw failure;
  return undefined;
}

type Key = Awaited<ReturnType<LocalJWKSet>>;

async function keysFor(set: LocalJWKSet, header: CompactJWSHeaderParameters): Promise<Key[]> {
  const { errors } = await import('jose');
  try {
    return [await set(header)];
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      const keys: Key[] = [];
      for await (const key of error) keys.push(key);
      return keys;
    }
    // A key that cannot be used is as good as none.
    if (error instanceof errors.JOSEError || error instanceof DOMException || error instanceof TypeError) return [];
    throw error;
  }
}

async function orBadToken<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch {
    throw new BadToken('it is not a signed token');
  }
}

const claimReasons: Readonly<Record<string, string>> = {
  iss: 'its issuer is not among the allowed ones',
  aud: 'its audience is not among the allowed ones',
  nbf: 'it is not valid yet',
  typ: 'its type is another one',
};

async function toBadToken(error: unknown): Promise<BadToken> {
  const { errors } = await import('jose');
  if (error instanceof errors.JWTExpired) return new BadToken('it has expired');
  if (error instanceof errors.JWSSignatureVerificationFailed) return new BadToken('its signature is wrong');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new BadToken(claimReasons[error.claim] ?? 'one of its claims is not as it should be');
  }
  if (error instanceof errors.JOSEError || error instanceof TypeError) return new BadToken('it is not a signed token');
  throw error;
}
