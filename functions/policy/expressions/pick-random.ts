import type { Environment } from 'cel-js';

/** Something that came from `ai`, and with it the source of randomness. */
interface Element {
  ai: { random: () => number };
}

/** `random()` and `randomize()` on lists of the given types. */
export function registerRandom(environment: Environment, types: readonly string[]): void {
  for (const type of types) {
    environment.registerFunction(`list<${type}>.random(): ${type}`, pickOne, { async: false });
    environment.registerFunction(`list<${type}>.randomize(): list<${type}>`, shuffle, { async: false });
  }
}

/** One element; null from an empty list, so that a strategy without candidates gives none instead of failing. */
function pickOne(list: readonly Element[]): Element | null {
  const [first] = list;
  if (!first) return null;
  return list[below(list.length, first.ai.random)] as Element;
}

/** All elements in random order: each order is equally likely. */
function shuffle(list: readonly Element[]): Element[] {
  const shuffled = [...list];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = below(last + 1, (shuffled[last] as Element).ai.random);
    [shuffled[last], shuffled[other]] = [shuffled[other] as Element, shuffled[last] as Element];
  }
  return shuffled;
}

function below(limit: number, random: () => number): number {
  return Math.min(limit - 1, Math.floor(random() * limit));
}
