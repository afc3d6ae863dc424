/** The two vocabularies that current OpenAI models use, named as tiktoken names them. */
export const encodingNames = ['o200k_base', 'cl100k_base'] as const;

export type EncodingName = (typeof encodingNames)[number];

/** Fine-tuned models carry the name of their base model behind `ft:`, as in `ft:gpt-4o:acme::abc`. */
const cl100kModel = /^(ft:)?(gpt-4|gpt-3\.5|gpt-35|text-embedding|davinci-002|babbage-002)(?![\w.])/;

/**
 * The encoding to count a model's tokens with. Models of other providers do not publish a vocabulary that could be
 * compiled here; for them o200k_base gives an estimate.
 * @param modelId with or without a provider, as in `openai:gpt-4o` or `gpt-4o`
 * @see https://github.com/openai/tiktoken/blob/main/tiktoken/model.py for the same mapping
 */
export function encodingForModel(modelId: string): EncodingName {
  const name = modelId.toLowerCase().replace(/^openai[:/]/, '');
  return cl100kModel.test(name) ? 'cl100k_base' : 'o200k_base';
}
