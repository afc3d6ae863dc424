import type { Stack } from '../outside/start-stack.ts';

/** Waits until everything that is recorded by now is counted. @returns the overview that says so */
export async function untilCounted(stack: Pick<Stack, 'manage'>): Promise<Record<string, unknown>> {
  const recordedMs = Date.now();
  for (const endMs = recordedMs + 150_000; Date.now() < endMs; ) {
    const answer = await stack.manage('GET', '/usage/overview?groupBy=model');
    const overview = (await answer.json()) as Record<string, unknown>;
    if (Date.parse(overview.counted_until as string) > recordedMs) return overview;
    await new Promise(resolve => setTimeout(resolve, 250));
  }
  throw new Error('what was recorded is not counted after two and a half minutes');
}
