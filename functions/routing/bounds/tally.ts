/** What a request can use beyond its text, counted while its body is read. */
export interface Tally {
  /** Pictures, audio and files that lie in the body: their bytes are no text. */
  mediaBytes: number;
  /** What providers add to a prompt: instructions for tools and for formats. */
  addedTokens: number;
  pictures: number;
  /** Whether the provider fetches one of them: what is behind an address is not known here. */
  hasRemotePictures: boolean;
  recordings: number;
  files: number;
  /** How many answers each prompt gets, each of them up to the output limit. */
  choices: number;
  prompts: number;
  /** Whether every answer repeats its prompt. */
  echoes: boolean;
  /** Whether answers may be spoken. */
  speaks: boolean;
}

export function emptyTally(): Tally {
  return {
    mediaBytes: 0,
    addedTokens: 0,
    pictures: 0,
    hasRemotePictures: false,
    recordings: 0,
    files: 0,
    choices: 1,
    prompts: 1,
    echoes: false,
    speaks: false,
  };
}

/**
 * What a provider puts around every prompt: a few tokens for each message, which its JSON has more bytes for, and what
 * begins the prompt and the answer. Groq's gpt-oss starts with some seventy tokens of instructions, the most that is known.
 * @see https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken
 * @see https://github.com/openai/harmony for the instructions of gpt-oss
 */
export const framingTokens = 256;

/**
 * Instructions that make tools usable, added once. Anthropic states up to 804 tokens (Claude Opus 4.7 with a forced tool);
 * twice that, for models that come after.
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing
 */
export const toolInstructionTokens = 1_608;

/**
 * The definition of one tool that the provider wrote and the client runs. Anthropic states 245 tokens for bash, 700 for
 * the text editor, and 735 with instructions of up to 499 for the computer; OpenAI states none. More than three times that.
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool#pricing
 */
export const definedToolTokens = 4_096;

/** Instructions around the schema that an answer must match; providers say that there are some, not how many. */
export const formatInstructionTokens = 1_024;
