/** How long a committed stream may be silent before the client gets a comment. */
const silenceMs = 15_000;

/**
 * Fills silence with SSE comments, so that proxies on the way keep the connection; clients ignore them.
 * @param body whole events: a comment inside of one would be part of it
 */
export async function* keepAlive(
  body: AsyncIterable<string | Buffer>,
  intervalMs = silenceMs,
): AsyncGenerator<string | Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  let onSilence = () => {};
  const silence = setInterval(() => onSilence(), intervalMs);
  try {
    for (let next = chunks.next(); ; ) {
      silence.refresh();
      const result = await new Promise<IteratorResult<string | Buffer> | undefined>((resolve, reject) => {
        onSilence = () => resolve(undefined);
        next.then(resolve, reject);
      });
      if (result === undefined) {
        yield ': keep-alive\n\n';
        continue;
      }
      if (result.done) return;
      yield result.value;
      next = chunks.next();
    }
  } finally {
    clearInterval(silence);
  }
}
