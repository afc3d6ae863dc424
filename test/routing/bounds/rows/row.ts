import type { Asked } from '../plan-for.ts';

/** A request and the most it can use: what its text has, 256 tokens for framing, and what the row says. */
export interface BoundRow extends Omit<Asked, 'fee' | 'policy'> {
  name: string;
  /** Input tokens beyond those of the text; negative for media whose bytes are no text. */
  beyond?: number;
  /** Output tokens of all answers together. */
  output: number;
  /** Nano-USD a token for input and output, where it is not 1 and 10. */
  prices?: [input: bigint, output: bigint];
}

/** A request that managed keys do not take, with the code and a part of the message. */
export interface RefusedRow extends Omit<Asked, 'fee' | 'policy'> {
  name: string;
  code: '3801' | '3815' | '3816';
  says: string;
}

export const pixels = 'iVBORw0KGgo='.repeat(50);
export const pictureUrl = `data:image/png;base64,${pixels}`;
/** A picture costs its cap of 1,000 tokens, and its bytes are no text. */
export const picture = 1_000 - pictureUrl.length;
/** What the provider adds so that tools can be used, and around a schema. */
export const toolInstructions = 1_608;
export const formatInstructions = 1_024;
export const definedTool = 4_096;
/** The context window of the test's models, which bounds what files and speech can have. */
export const contextWindow = 50_000;
