import { GatewayError } from '../../core/errors.ts';
import { hasEscapedName, hasRepeatedMember } from '../../core/json-shape.ts';
import type { Surface } from '../../providers/surface.ts';
import type { ModelCall } from '../model-call.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import { type Rules, requestMembers } from './rules.ts';
import { emptyTally, type Tally } from './tally.ts';

/** Surfaces on which managed keys cost something. Counting tokens is free. */
const rulesOf: Partial<Record<Surface['name'], Rules>> = {
  'chat-completions': chatCompletions,
  completions,
  embeddings,
  messages,
  responses,
};

export function isFree({ name }: Surface): boolean {
  return name === 'count-tokens';
}

/**
 * Reads what a request on managed keys can use beyond its text.
 * @throws GatewayError ERR_NGROK_3815 or 3816 for what has no bound, 3801 for what no provider understands
 */
export function measureRequest({ name }: Surface, body: Record<string, unknown>): Tally {
  const rules = rulesOf[name];
  if (!rules) throw new Error(`no rules for the members of ${name} requests`);
  const tally = emptyTally();
  requestMembers(rules)(body, tally);
  return tally;
}

/**
 * The most tokens that the text of a client's body can have. Byte-level tokenizers, which OpenAI, Anthropic, Meta, Qwen and
 * DeepSeek use, cut a text into pieces of at least one byte, and so do those that fall back to bytes, such as Google's. A
 * special token (`<|endoftext|>`) is one token of many bytes. The bytes of the JSON are more than those of the text in it:
 * an escape is longer than what it stands for, and names, quotes and braces are no prompt. Some tokenizers, such as
 * Anthropic's first, normalise a text before; that makes some characters longer, so the longer of both counts.
 * @throws GatewayError ERR_NGROK_3801 for JSON that two readers could understand differently
 */
export function textTokensMax({ text, body }: ModelCall): number {
  if (hasEscapedName(text)) throw badBody('the name of a member is written with escapes; send its letters as they are');
  if (hasRepeatedMember(text, body)) throw badBody('an object in it names a member twice; send it once');
  return Math.max(Buffer.byteLength(text), normalizedBytes(text.includes('\\u') ? JSON.stringify(body) : text));
}

/** The same for members that the gateway sets. */
export function addedTextTokensMax(set: Record<string, unknown>): number {
  const text = JSON.stringify(set);
  return Math.max(Buffer.byteLength(text), normalizedBytes(text));
}

/** Bytes of each character, normalised by itself: normalising a whole text takes time with the square of some texts. */
const bytesOfCharacter = new Uint8Array(0x110000);

function normalizedBytes(text: string): number {
  const plainBytes = Buffer.byteLength(text);
  if (plainBytes === text.length) return plainBytes;
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) as number;
    if (point > 0xffff) at++;
    if (point < 128) bytes++;
    else bytes += bytesOfCharacter[point] || measureCharacter(point);
  }
  return bytes;
}

function measureCharacter(point: number): number {
  const character = String.fromCodePoint(point);
  const normalized = character.normalize('NFKC');
  const bytes = Math.max(Buffer.byteLength(character), Buffer.byteLength(normalized));
  bytesOfCharacter[point] = bytes;
  return bytes;
}

function badBody(problem: string): GatewayError {
  return new GatewayError('ERR_NGROK_3801', `The request body cannot be used with managed keys: ${problem}`, {
    type: 'invalid_request_error',
  });
}
