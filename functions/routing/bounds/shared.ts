import { GatewayError } from '../../core/errors.ts';
import { isObject } from '../../providers/json-object.ts';
import { byType, each, members, only, plain, type Rule, type Rules, show } from './rules.ts';
import { definedToolTokens, formatInstructionTokens, toolInstructionTokens } from './tally.ts';

/** The most answers to one prompt that a provider writes. */
const choicesMax = 128;

/** @throws GatewayError ERR_NGROK_3801 for what is not a whole number in the range */
function wholeNumber(value: unknown, name: string, largest: number): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= largest) return value as number;
  throw new GatewayError('ERR_NGROK_3801', `"${name}" is ${show(value)}; send a whole number from 1 to ${largest}`);
}

/** `n`, and `best_of` beside it: all of them are written and charged. */
export function choices(name: string): Rule {
  return (value, tally) => {
    tally.choices = Math.max(tally.choices, wholeNumber(value, name, choicesMax));
  };
}

/** Another tier than the standard one has other prices, and `auto` lets the provider choose. */
export function serviceTier(allowed: 'default' | 'standard_only'): Rule {
  return value => {
    if (value === allowed) return;
    throw new GatewayError(
      'ERR_NGROK_3815',
      `service_tier ${show(value)} cannot be used with managed keys: its price is not the listed one. Leave it out, send "${allowed}", or use your own provider key`,
    );
  };
}

/** Tools: their definitions are text, and the provider adds how to use them. */
export function tools(types: Rules, typeOf?: (tool: Record<string, unknown>) => unknown): Rule {
  const tool = byType(
    types,
    'a tool',
    'it may run at the provider, at a price of its own and any number of times',
    typeOf,
  );
  return (value, tally) => {
    if (!Array.isArray(value) || value.length === 0) return;
    tally.addedTokens += toolInstructionTokens;
    each(tool)(value, tally);
  };
}

/** Tools that the provider describes to the model and the client runs. */
export const runByClient: Rule = (_, tally) => {
  tally.addedTokens += definedToolTokens;
};

/**
 * JSON that the provider writes anew before the model reads it: definitions, schemas, arguments. Spaces that it adds are
 * part of the tokens beside them, but other characters than ASCII can become escapes of six, of which at least two bytes
 * have been counted.
 */
export const rewrittenJson: Rule = (value, tally) => {
  tally.addedTokens += 4 * (JSON.stringify(value).match(/[\u0080-\uffff]/g)?.length ?? 0);
};

/** A schema that the answer must match. */
export const answerFormat: Rule = (value, tally) => {
  if (!isObject(value) || value.type === 'text') return;
  tally.addedTokens += formatInstructionTokens;
  rewrittenJson(value, tally);
};

/** OpenAI's caching: the listed price of what is written is that of its default lifetime. */
export const cacheOptions = members(
  {
    mode: plain,
    prewarm: plain,
    ttl: only(
      ['30m'],
      'a cache lifetime of',
      'what it costs to cache a prompt for longer than 30 minutes is not listed',
    ),
  },
  'the options of a prompt cache',
);

/** Parts, each of which may end what is cached. */
export function cacheable(rules: Rules): Rules {
  const entries = Object.entries(rules).map(([type, rule]): [string, Rule] => [
    type,
    (part, tally) => {
      cacheOptions(isObject(part) ? part.prompt_cache_breakpoint : undefined, tally);
      rule(part, tally);
    },
  ]);
  return Object.fromEntries(entries);
}

/** Why no request on managed keys may name what is stored with the provider. */
export const storedContext = 'what the provider has stored can be of any length, and of somebody else';

/** What has no cost of its own wherever OpenAI's format is spoken. */
export const sampling: Rules = {
  frequency_penalty: plain,
  logit_bias: plain,
  model: plain,
  presence_penalty: plain,
  seed: plain,
  stop: plain,
  stream: plain,
  stream_options: plain,
  temperature: plain,
  top_p: plain,
  user: plain,
};
