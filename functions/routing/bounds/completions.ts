import { plain, type Rule, type Rules, unbounded } from './rules.ts';
import { choices, sampling } from './shared.ts';

/** As many as OpenAI takes in one request. */
const promptsMax = 2_048;

/**
 * A text, a list of texts, a list of token ids, or a list of such lists; every text and every list of ids gets its own
 * answers. Ids have more bytes than tokens.
 */
const prompt: Rule = (value, tally) => {
  if (!Array.isArray(value) || value.every(item => typeof item === 'number')) return;
  if (value.length > promptsMax) throw unbounded(`${value.length} prompts at once`, `${promptsMax} are the most`);
  tally.prompts = value.length;
};

/** Nobody says whether what is repeated is charged. */
const echo: Rule = (value, tally) => {
  tally.echoes = value !== false;
};

/** @see https://platform.openai.com/docs/api-reference/completions/create */
export const completions: Rules = {
  ...sampling,
  best_of: choices('best_of'),
  echo,
  logprobs: plain,
  max_tokens: plain,
  n: choices('n'),
  prompt,
  suffix: plain,
};
