import { plain, type Rule, type Rules, unbounded } from './rules.ts';
import { choices, sampling } from './shared.ts';
import type { Tally } from './tally.ts';

/** As many as OpenAI takes in one request. */
const promptsMax = 2_048;

/** A text, a list of texts, a list of token ids, or a list of such lists. Ids have more bytes than tokens. */
function promptCount(prompt: unknown): number {
  if (!Array.isArray(prompt) || prompt.every(item => typeof item === 'number')) return 1;
  if (prompt.length > promptsMax) throw unbounded(`${prompt.length} prompts at once`, `${promptsMax} are the most`);
  return prompt.length;
}

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
  prompt: plain,
  suffix: plain,
};

/** Every prompt gets its own answers. To be called once the members have been read. */
export function answersToPrompts({ prompt }: Record<string, unknown>, tally: Tally): void {
  tally.answers *= promptCount(prompt);
}
