import { GatewayError } from '../core/errors.ts';
import { editJsonObject } from '../core/json-edit.ts';
import type { Candidate } from './endpoint-catalog.ts';
import type { ModelCall } from './model-call.ts';

/** A client's body as one candidate gets it. */
export interface ForwardedBody {
  /** Top-level members that differ from what the client sent. */
  set: Record<string, unknown>;
  remove: string[];
  /** All of it as values, to measure and count. */
  members: Record<string, unknown>;
}

/** What a policy changes in bodies. */
export interface BodyRules {
  /** `config.body` with its templates filled in. */
  body: Record<string, unknown>;
  /** `config.max_output_tokens` */
  outputTokensMax: number | undefined;
}

/** Members that no list of parameters takes out: without them the answer would be another one than was asked for. */
const protectedMembers = new Set(['model', 'stream']);

/**
 * The client's body for a candidate: parameters that the provider or the model refuses left out, then the policy's own
 * members set, then the limit on the answer lowered to the policy's. Only top-level members change.
 */
export function forwardedBody(call: ModelCall, { provider, model }: Candidate, rules: BodyRules): ForwardedBody {
  const { surface, body } = call;
  const supported = surface.requires && provider.supportedParams?.[surface.requires];
  const refused = model.unsupportedParams ?? [];
  const isLeftOut = (name: string) =>
    !protectedMembers.has(name) && ((supported && !supported.includes(name)) || refused.includes(name));
  const remove = ['models', ...Object.keys(body).filter(isLeftOut)];
  const set: Record<string, unknown> = { ...rules.body, ...(model.id !== '' && { model: model.id }) };
  const members: Record<string, unknown> = { ...body, ...set };
  for (const name of remove) if (!Object.hasOwn(set, name)) delete members[name];
  const forwarded = { set, remove, members };
  return rules.outputTokensMax === undefined
    ? forwarded
    : limitOutput(call, forwarded, rules.outputTokensMax, provider);
}

/**
 * Lowers the limit on the answer; one that is lower already stays.
 * @throws GatewayError ERR_NGROK_3801 when the request cannot do with so few tokens, as when it asks for more thinking
 */
export function limitOutput(
  { surface }: ModelCall,
  forwarded: ForwardedBody,
  tokens: number,
  { outputLimit }: Candidate['provider'],
): ForwardedBody {
  const current = surface.outputLimit(forwarded.members);
  if (current !== undefined && current <= tokens) return forwarded;
  const needed = surface.outputLimitMin(forwarded.members);
  if (needed > tokens) {
    throw new GatewayError(
      'ERR_NGROK_3801',
      `The request needs room for ${needed} tokens of answer and ${tokens} are allowed; ask for less thinking`,
    );
  }
  const limit = surface.limitOutput(forwarded.members, tokens, outputLimit);
  return {
    set: { ...forwarded.set, ...limit },
    remove: forwarded.remove,
    members: { ...forwarded.members, ...limit },
  };
}

/**
 * The text to send. Streams of the catalog's providers are asked for their usage; an endpoint's own providers are not,
 * because one of them may not know the option.
 * @param isPaid credits pay for it: then usage is asked for whatever a policy says that the model refuses
 */
export function forwardedText(
  call: ModelCall,
  { provider, model }: Candidate,
  forwarded: ForwardedBody,
  isPaid: boolean,
): string {
  const { set, remove, members } = forwarded;
  const usage = call.streaming && !provider.custom ? call.surface.usageRequest(members) : {};
  const asked = Object.entries(usage).filter(([name]) => isPaid || !model.unsupportedParams?.includes(name));
  return editJsonObject(call.text, { set: { ...set, ...Object.fromEntries(asked) }, remove });
}
