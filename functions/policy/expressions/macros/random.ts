import { EvaluationError } from '../expression-error.ts';
import type { RandomView } from '../surroundings.ts';
import type { MacroFunction } from './register.ts';

type Random = InstanceType<typeof RandomView>;

/** Both ends of `rand.int(min, max)` may come up. */
export const randomMacros: readonly MacroFunction[] = [
  { signature: 'Random.double(): double', compute: ({ facts }: Random) => facts.random(), whenAbsent: null },
  { signature: 'Random.int(): int', compute: (random: Random) => pick(random, 0n, 1n), whenAbsent: null },
  { signature: 'Random.int(int, int): int', compute: pick, whenAbsent: null },
];

function pick({ facts }: Random, min: bigint, max: bigint): bigint {
  if (min < 0n || max < min || max - min >= 2n ** 52n) {
    throw new EvaluationError(`rand.int(${min}, ${max}) needs 0 <= min <= max, at most 2^52 apart`);
  }
  const count = Number(max - min) + 1;
  return min + BigInt(Math.min(count - 1, Math.floor(facts.random() * count)));
}
