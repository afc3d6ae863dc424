import { plain, type Rules } from './rules.ts';

/** An embedding has no output, and token ids have more bytes than tokens. @see https://platform.openai.com/docs/api-reference/embeddings/create */
export const embeddings: Rules = {
  dimensions: plain,
  encoding_format: plain,
  input: plain,
  model: plain,
  user: plain,
};
