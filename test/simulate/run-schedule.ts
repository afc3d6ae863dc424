import { newId } from '../../functions/core/ids.ts';
import { periodAt } from '../../functions/core/key-limit.ts';
import type { NewLot } from '../../functions/store/balances.ts';
import type { LimitedKey } from '../../functions/store/key-limits.ts';
import { type Mutation, noMutation } from './mutations.ts';
import { type Faults, noFaults } from './network.ts';
import { Process } from './process.ts';
import { Random } from './random.ts';
import { Violation } from './rules.ts';
import { accountId, nameOf, World } from './world.ts';

export interface Outcome {
  /** What did not hold, in words; undefined when everything did. */
  violation: string | undefined;
  calls: number;
}

const micro = 1_000n;

/** A world in which nothing goes wrong but the order of things, one with a little trouble, and one with a lot. */
const weathers: Faults[] = [
  noFaults,
  { refused: 0.02, replyLost: 0.02, late: 0.02, twice: 0.02, crash: 0.02 },
  { refused: 0.08, replyLost: 0.08, late: 0.08, twice: 0.08, crash: 0.05 },
];

/**
 * Runs one account through one random history: requests, purchases, refunds, moves and sweeps at once, in any order of
 * their store calls, with faults, until all have ended or died; then lets a last sweep tidy up and looks at what is left.
 */
export async function runSchedule(
  seed: number,
  mutation: Mutation = noMutation,
  trace?: (line: string) => void,
): Promise<Outcome> {
  const random = new Random(seed);
  const world = new World(random, mutation, trace);
  try {
    await prepare(world);
    world.network.faults = random.pick(weathers);
    const mistakes: unknown[] = [];
    for (const act of planActs(world)) act().catch(error => mistakes.push(error));
    await world.network.drain();
    if (mistakes.length > 0) throw mistakes[0];
    await rest(world);
    return { violation: undefined, calls: world.network.calls };
  } catch (error) {
    if (error instanceof Violation) return { violation: error.message, calls: world.network.calls };
    return { violation: `${error instanceof Error ? error.stack : error}`, calls: world.network.calls };
  }
}

/** An account with some money, in a third of all worlds already on several shards. */
async function prepare(world: World): Promise<void> {
  const { random } = world;
  const process = new Process(world);
  const first = newLot(world, random.between(10, 60));
  const outlives = world.isTight && random.chance(0.6);
  await run(world, process.buy(outlives ? { ...first, expiresAtSeconds: farAway(world) } : first));
  const shards = random.between(1, 3);
  if (shards > 1) await run(world, process.spread(shards));
}

/** What happens in a history: each act is one invocation of something, in one of a few processes. */
function planActs(world: World): (() => Promise<unknown>)[] {
  const { random } = world;
  const processes = Array.from({ length: random.between(world.isTight ? 2 : 1, 3) }, () => new Process(world));
  const one = () => random.pick(processes);
  const lots = [newLot(world, random.between(5, 80)), newLot(world, random.between(5, 40))];
  const keys = planKeys(world);
  const acts: (() => Promise<unknown>)[] = [];
  const add = (times: number, act: () => Promise<unknown>) => {
    for (let count = 0; count < times; count++) acts.push(act);
  };
  add(random.between(2, 7), () => {
    const amountNanoUsd = BigInt(random.between(1, 40)) * micro;
    const leastNanoUsd = random.chance(0.3) ? amountNanoUsd / 4n : amountNanoUsd;
    return one().request(random.pick(keys), { amountNanoUsd, leastNanoUsd });
  });
  // Payments are reported twice, as payment providers do.
  for (const lot of lots) if (random.chance(world.isTight ? 0.8 : 0.5)) add(random.between(1, 2), () => one().buy(lot));
  // Refunds are reported twice like payments; some of a part of a lot, and then perhaps of another part of it.
  if (random.chance(world.isTight ? 0.9 : 0.4)) {
    const lotId = random.pick([...world.rules.lotIds(), ...(world.isTight ? [] : lots.map(({ id }) => id))]);
    const part = random.chance(0.5) ? { amountMaxNanoUsd: BigInt(random.between(1, 60)) * micro } : {};
    for (let parts = random.chance(0.3) ? 2 : 1; parts > 0; parts--) {
      const id = newId('rf', world.nowMs, length => random.bytes(length));
      add(random.between(1, 3), () => one().refund({ id, lotId, ...part }));
    }
  }
  // Now and then there are more lots than one item keeps, while the number of shards changes.
  if (random.chance(0.04)) {
    const expiresAtSeconds = farAway(world);
    add(15, () => one().buy({ ...newLot(world, random.between(1, 9)), expiresAtSeconds }));
    add(random.between(0, 2), () => one().spread(random.between(1, 3)));
  }
  if (random.chance(0.3)) add(1, () => one().spread(random.between(1, 3)));
  add(random.between(0, 5), () => one().move(random.between(0, 2), BigInt(random.between(1, 50)) * micro));
  add(random.between(0, 3), () => one().sweep());
  return acts;
}

/** Sometimes a key without a limit, sometimes one with a limit that is soon reached. */
function planKeys(world: World): (LimitedKey | undefined)[] {
  const { random } = world;
  if (random.chance(0.6)) return [undefined];
  const period = random.pick(['total', 'daily', 'monthly'] as const);
  const limitNanoUsd = BigInt(random.between(5, 60)) * micro;
  const key = { accountId, id: 'aigk_limited', spendLimit: { amountNanoUsd: limitNanoUsd.toString(), period } };
  for (const dayMs of [-86_400_000, 0, 86_400_000]) {
    const name = nameOf({ accountId, keyId: key.id, period: periodAt(period, world.nowMs + dayMs) });
    world.rules.limits.set(name, limitNanoUsd);
  }
  return random.chance(0.5) ? [key] : [key, undefined];
}

function farAway(world: World): number {
  return Math.floor(world.nowMs / 1000) + 10_000_000;
}

/** Most lots outlive the history; some end in it, and some have ended when they arrive. */
function newLot(world: World, units: number): NewLot {
  const { random } = world;
  const dice = random.next();
  const soon = world.isTight ? () => random.between(-2, 4) : () => random.between(1, 60);
  const secondsLeft = dice < 0.4 ? 10_000_000 : dice < 0.9 ? soon() : random.between(-5, 5);
  return {
    id: newId('lot', world.nowMs, length => random.bytes(length)),
    category: random.pick(['purchase', 'grant', 'promotional'] as const),
    amountNanoUsd: BigInt(units) * micro,
    expiresAtSeconds: Math.floor(world.nowMs / 1000) + secondsLeft,
  };
}

/** Later, when every request must have ended, and the store is well: a sweep must be able to end all that is left. */
async function rest(world: World): Promise<void> {
  world.network.faults = noFaults;
  world.nowMs += 20 * 60_000;
  const failures = await run(world, new Process(world).sweep());
  if (failures.length > 0) throw new Violation(`the last sweep failed: ${failures[0]}`);
  world.rules.checkAtRest();
}

async function run<Result>(world: World, act: Promise<Result>): Promise<Result> {
  const [result] = await Promise.all([act, world.network.drain()]);
  return result;
}
