import type { Model } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import type { Fee } from '../core/fee.ts';
import { costBound } from '../core/pricing.ts';
import { type Candidate, candidateName } from './endpoint-catalog.ts';

/** What a call can use at most, as far as the call alone tells. */
export interface CallSize {
  bodyBytes: number;
  pictures: number;
  /** The client's own limit on the answer, if it set one. */
  outputTokensMax: number | undefined;
  choices: number;
}

/** Room for what the gateway itself adds to a forwarded body, the model's name aside. */
const addedBytesMax = 128;
const choicesMax = 128;

/**
 * Measures a call for a managed key. A token stands for at least one byte, so the body's bytes bound its text; what
 * could cost more than its bytes is counted, or refused: files, tools that run at the provider, and predictions, whose
 * rejected tokens are charged as output.
 * @throws GatewayError ERR_NGROK_3815 or ERR_NGROK_3816 for what managed keys do not allow
 */
export function measureCall(body: Record<string, unknown>, bodyBytes: number): CallSize {
  const tier = body.service_tier ?? 'default';
  if (tier !== 'default' && tier !== 'standard_only') {
    throw new GatewayError(
      'ERR_NGROK_3815',
      `service_tier ${JSON.stringify(tier)} needs your own provider key; leave it out`,
    );
  }
  if (body.web_search_options || body.prediction)
    throw refusal('web_search_options and prediction have no known bound');
  if ((body.speed ?? 'standard') !== 'standard' || body.inference_geo) {
    throw refusal('speed and inference_geo cost more than the listed price');
  }
  for (const tool of listOf(body.tools)) {
    if (tool.type === 'function' || tool.type === 'custom') continue;
    throw refusal(`the tool ${JSON.stringify(tool.type)} runs at the provider and has no known bound`);
  }
  const parts = listOf(body.messages).flatMap(message => listOf(message.content));
  if (parts.some(part => part.type === 'file')) throw refusal('files have no known bound');
  const limits = [body.max_completion_tokens, body.max_tokens].filter(limit => limit !== undefined && limit !== null);
  return {
    bodyBytes: bodyBytes + addedBytesMax,
    pictures: parts.filter(part => part.type === 'image_url').length,
    outputTokensMax:
      limits.length === 0 ? undefined : Math.max(...limits.map(limit => wholeNumber('the output limit', limit))),
    choices: wholeNumber('"n"', body.n ?? 1, choicesMax),
  };
}

/**
 * The most that a call can cost on a candidate, in nano-USD: every token at the dearest class and tier that could apply.
 * @param model as the catalog knows it: an endpoint's policy may say other things of it
 * @throws GatewayError ERR_NGROK_3816 for models whose price or limits are not known
 */
export function upperBound(size: CallSize, candidate: Candidate, model: Model | undefined, fee: Fee): bigint {
  const name = candidateName(candidate);
  if (!model?.price) throw refusal(`model "${name}" has no known price`);
  const imageTokensMax = size.pictures === 0 ? 0 : model.imageTokensMax;
  if (imageTokensMax === null) throw refusal(`pictures on model "${name}" have no known bound`);
  const outputTokensMax = size.outputTokensMax ?? model.outputTokensMax;
  if (outputTokensMax === null) throw refusal(`model "${name}" has no known output limit; send max_completion_tokens`);
  const bound = {
    inputTokens: size.bodyBytes + Buffer.byteLength(model.id) + size.pictures * imageTokensMax,
    outputTokens: outputTokensMax * size.choices,
  };
  return costBound(model.price, bound, fee);
}

function wholeNumber(what: string, value: unknown, largest = Number.MAX_SAFE_INTEGER / choicesMax): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= largest) return value as number;
  throw new GatewayError(
    'ERR_NGROK_3801',
    `${what} is ${JSON.stringify(value)}; it must be a whole number from 1 to ${largest}`,
  );
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : [];
}

function refusal(reason: string): GatewayError {
  return new GatewayError(
    'ERR_NGROK_3816',
    `Managed keys cannot be used for this: ${reason}. Use your own provider key`,
  );
}
