/** Longest wait between two tries, before it is scattered. */
const delayMaxMs = 30 * 60_000;
const firstDelayMs = 10_000;

/**
 * How long to wait after so many failures in a row: twice as long each time, up to half an hour, and scattered by a
 * half in both directions so that what failed together is not tried again together.
 * @param random from 0 up to but not including 1
 */
export function retryDelayMs(failures: number, random: number): number {
  const delayMs = Math.min(firstDelayMs * 2 ** Math.min(failures - 1, 20), delayMaxMs);
  return Math.round(delayMs * (0.5 + random));
}
