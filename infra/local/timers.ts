/**
 * Runs a scheduled function again and again, never twice at once. What it throws is reported, and the next run comes.
 * @returns `close`, which waits for a run that is under way
 */
export function runEvery(
  intervalMs: number,
  run: () => Promise<unknown>,
  report: (error: unknown) => void,
): { close(): Promise<void> } {
  let current: Promise<void> | undefined;
  const timer = setInterval(() => {
    current ??= run()
      .then(() => {}, report)
      .finally(() => {
        current = undefined;
      });
  }, intervalMs);
  return {
    async close() {
      clearInterval(timer);
      await current;
    },
  };
}
