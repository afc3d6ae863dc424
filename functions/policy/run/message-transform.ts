/** Rewrites a stream of server-sent events, each with the blank line that ends it. */
export interface MessageTransform {
  /** @param event one whole event @returns what to send in its place: nothing, or whole events */
  push(event: Buffer): Buffer[];
  /** The stream is over. @returns what was kept back */
  end(): Buffer[];
}
