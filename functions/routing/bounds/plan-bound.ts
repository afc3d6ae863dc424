import type { Model } from '../../core/catalog/catalog.ts';
import type { Price, PriceClass } from '../../core/catalog/price.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Fee } from '../../core/fee.ts';
import { hasMember } from '../../core/json-shape.ts';
import { costBound, outputTokensWithin } from '../../core/pricing.ts';
import type { Surface } from '../../providers/surface.ts';
import { unbounded } from './rules.ts';
import { framingTokens, type Tally } from './tally.ts';

/** A shorter answer says nothing, so the output limit is lowered no further. OpenAI's Responses API takes no less. */
const shortestAnswerTokens = 16;

/** The most that a request can cost with one model, and how far that can be brought down. */
export interface PlanBound {
  /** Also what the cost is computed with afterwards. */
  price: Price;
  fee: Fee;
  inputTokens: number;
  /** How many answers there are, each with an output limit of its own; 0 for embeddings. */
  answers: number;
  /** Tokens of each answer that the limit does not count: its repeated prompt. */
  echoTokens: number;
  /** Tokens of each answer: the request's own limit, or the model's. */
  outputLimit: number;
  /** How far the limit can be lowered. */
  outputLimitMin: number;
  /** Price classes that this request cannot use. */
  without: readonly PriceClass[];
  mostNanoUsd: bigint;
  /** With the limit lowered as far as it goes. */
  leastNanoUsd: bigint;
}

/** What is known of a request when it is about to be sent with a managed key. */
export interface MeasuredRequest {
  surface: Surface;
  /** All members as they are sent. */
  members: Record<string, unknown>;
  /** The most tokens that its text can have, bytes of pictures and files included. */
  textTokens: number;
  tally: Tally;
}

/**
 * @param name of the model, for messages
 * @param model as the deployment's catalog knows it
 * @throws GatewayError ERR_NGROK_3816 when the price or a cap that the request needs is not known
 */
export function planBound(request: MeasuredRequest, name: string, model: Model | undefined, fee: Fee): PlanBound {
  const { surface, members, tally } = request;
  if (!model?.price) {
    throw new GatewayError(
      'ERR_NGROK_3816',
      `Managed keys cannot be used with model "${name}": its price is not known. Choose one of those that GET /v1/models lists with a price, or use your own provider key`,
    );
  }
  const { price } = model;
  if (tally.speaks && price.outputAudio === undefined) {
    throw unbounded(`spoken answers of model "${name}"`, 'what they cost is not known');
  }
  const inputTokens = inputTokensMax(request, name, model);
  const hasAnswers = surface.name !== 'embeddings';
  const outputLimit = hasAnswers ? (surface.outputLimit(members) ?? model.outputTokensMax) : 0;
  if (outputLimit === null) {
    throw unbounded(
      `model "${name}" and no output limit`,
      'how long its answers can get is not known',
      'Send max_tokens',
    );
  }
  const bound = {
    price,
    fee,
    inputTokens,
    answers: hasAnswers ? tally.prompts * tally.choices : 0,
    echoTokens: tally.echoes ? inputTokens : 0,
    outputLimit,
    outputLimitMin: Math.min(outputLimit, Math.max(shortestAnswerTokens, surface.outputLimitMin(members))),
    without: classesOutOfReach(request),
  };
  return {
    ...bound,
    mostNanoUsd: costWithLimit(bound, outputLimit),
    leastNanoUsd: costWithLimit(bound, bound.outputLimitMin),
  };
}

type Limited = Omit<PlanBound, 'mostNanoUsd' | 'leastNanoUsd'>;

/** The most that the request costs when each answer has at most `outputLimit` tokens. */
export function costWithLimit(bound: Limited, outputLimit: number): bigint {
  const { price, fee, inputTokens, answers, echoTokens, without } = bound;
  return costBound(price, { inputTokens, outputTokens: answers * (outputLimit + echoTokens), without }, fee);
}

/**
 * The highest output limit, up to the request's own, with which it costs no more than the amount.
 * @returns undefined when the lowest is still too dear
 */
export function outputLimitWithin(bound: PlanBound, amountNanoUsd: bigint): number | undefined {
  const { price, fee, inputTokens, answers, echoTokens, outputLimit, without } = bound;
  if (bound.mostNanoUsd <= amountNanoUsd) return outputLimit;
  if (answers === 0) return undefined;
  const usage = { inputTokens, outputTokens: answers * (outputLimit + echoTokens), without };
  const outputTokens = outputTokensWithin(price, usage, fee, amountNanoUsd);
  if (outputTokens === undefined) return undefined;
  const limit = Math.floor(outputTokens / answers) - echoTokens;
  return limit >= bound.outputLimitMin ? limit : undefined;
}

/**
 * A picture has a cap of its own. Speech and files have none, but no request has more input than the model's context
 * window: a provider refuses it, and what is refused costs nothing.
 */
function inputTokensMax({ textTokens, tally }: MeasuredRequest, name: string, model: Model): number {
  let tokens = textTokens - tally.mediaBytes + framingTokens + tally.addedTokens;
  if (tally.pictures > 0) {
    if (model.imageTokensMax === null) {
      throw unbounded(`pictures and model "${name}"`, 'how many tokens a picture has there is not known');
    }
    if (tally.hasRemotePictures && model.inputModalities.some(kind => kind === 'video' || kind === 'file')) {
      throw unbounded(
        `a picture's address and model "${name}"`,
        'it also takes videos and files, which could be behind it',
        'Send the picture itself as a data URL',
      );
    }
    tokens += tally.pictures * model.imageTokensMax;
  }
  if (tally.recordings > 0 && model.price?.inputAudio === undefined) {
    throw unbounded(`audio and model "${name}"`, 'what it costs is not known');
  }
  if (tally.recordings + tally.files > 0) {
    if (model.contextWindow === null) {
      throw unbounded(`files and model "${name}"`, 'its context window is not known');
    }
    tokens += model.contextWindow;
  }
  return tokens;
}

/**
 * Without speech there are no audio tokens. Anthropic's cache lives five minutes unless a `ttl` asks for longer, wherever
 * it stands; other providers' caches are as they are.
 */
function classesOutOfReach({ surface, members, tally }: MeasuredRequest): PriceClass[] {
  const without: PriceClass[] = [];
  if (tally.recordings === 0) without.push('inputAudio', 'cachedInputAudio');
  if (!tally.speaks) without.push('outputAudio');
  if (surface.name === 'messages' && !hasMember(members, 'ttl')) without.push('cacheWriteLong');
  return without;
}
