/** How long a committed stream may be silent before the client gets a comment. */
const silenceMs = 15_000;

/** Fills silence with SSE comments, so that proxies on the way keep the connection; clients ignore them. */
export async function* keepAlive(
  body: AsyncIterable<string | Buffer>,
  intervalMs = silenceMs,
): AsyncGenerator<string | Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  let next = chunks.next();
  for (;;) {
    const result = await firstOf(next, intervalMs);
    if (result === undefined) {
      yield ': keep-alive\n\n';
      continue;
    }
    if (result.done) return;
    yield result.value;
    next = chunks.next();
  }
}

/** @returns undefined when the time is over first */
async function firstOf<Value>(promise: Promise<Value>, timeMs: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, timeMs, undefined);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
