import type { GatewayEvent } from '../gateway-event.ts';

/** Sends events somewhere. */
export interface Target {
  /**
   * Sends a batch, all of it or, when it fails, perhaps a part: the same batch is then sent again.
   * @throws DeliveryError
   */
  send(batch: OutgoingBatch): Promise<void>;
}

export interface OutgoingBatch {
  id: string;
  events: readonly GatewayEvent[];
}

/** A destination did not take what it was sent. The message is shown to its owner, and never holds a secret. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;

  constructor(message: string, status = 0, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** How long one call of a destination may take. */
export const sendTimeoutMs = 10_000;
