/** A body that one reader begins and another may have to finish. Leaving a loop over it does not end it. */
export class UnreadBody implements AsyncIterable<string | Buffer> {
  private readonly chunks: AsyncIterator<string | Buffer>;

  constructor(body: AsyncIterable<string | Buffer>) {
    this.chunks = body[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): AsyncIterator<string | Buffer> {
    return { next: () => this.chunks.next() };
  }

  /** Does nothing when it was read to its end, or failed, already. */
  async readToEnd(): Promise<void> {
    while (!(await this.chunks.next()).done);
  }
}
