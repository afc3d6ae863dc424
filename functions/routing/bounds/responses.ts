import { isObject, type JsonObject, objectOf } from '../../providers/json-object.ts';
import { notePictureUrl, openAiFile, openAiRecording } from './media.ts';
import { byType, each, members, only, plain, type Rule, type Rules, refused, typeMember, unbounded } from './rules.ts';
import {
  answerFormat,
  cacheable,
  cacheOptions,
  rewrittenJson,
  runByClient,
  sampling,
  serviceTier,
  storedContext,
  tools,
} from './shared.ts';

const picture: Rule = (part, tally) => {
  const { image_url, file_id } = objectOf(part);
  if (file_id) throw unbounded('"file_id"', storedContext);
  notePictureUrl(image_url, tally);
};

const part = byType(
  cacheable({
    input_text: plain,
    output_text: plain,
    text: plain,
    refusal: plain,
    summary_text: plain,
    reasoning_text: plain,
    input_image: picture,
    computer_screenshot: picture,
    input_file: openAiFile,
    input_audio: openAiRecording,
  }),
  'a content part',
  'what it can cost is not known',
);

const message: Rule = (item, tally) => each(part)(objectOf(item).content, tally);
const toolOutput: Rule = (item, tally) => each(part)(objectOf(item).output, tally);

/** Without its encrypted content, the provider looks for it among what it has stored. */
const reasoning: Rule = item => {
  if (typeof objectOf(item).encrypted_content === 'string') return;
  throw unbounded(
    'reasoning that is stored with the provider',
    storedContext,
    'Ask for it with store: false and include: ["reasoning.encrypted_content"]',
  );
};

const item = byType(
  {
    message,
    reasoning,
    function_call: plain,
    function_call_output: toolOutput,
    custom_tool_call: plain,
    custom_tool_call_output: toolOutput,
    computer_call: plain,
    computer_call_output: toolOutput,
    local_shell_call: plain,
    local_shell_call_output: plain,
    shell_call: plain,
    shell_call_output: plain,
    apply_patch_call: plain,
    apply_patch_call_output: plain,
    item_reference: refused('"item_reference"', storedContext, 'Send the item itself, with store: false'),
  },
  'an input item',
  'it may belong to a tool that runs at the provider, or to something stored there',
  itemType,
);

/** A message may come without a type, and so may a reference. */
function itemType(item: JsonObject): unknown {
  return typeMember(item) ?? ('role' in item ? 'message' : 'item_reference');
}

/** Without an environment, or in a container, the shell runs at the provider. */
const shell: Rule = (tool, tally) => {
  const { environment } = objectOf(tool);
  if (objectOf(environment).type !== 'local') {
    throw unbounded(
      'a shell at the provider',
      'containers have a price of their own',
      'Give it the environment {"type":"local"}',
    );
  }
  runByClient(tool, tally);
};

const definitions = { function: rewrittenJson, custom: rewrittenJson };

const namespace: Rule = (tool, tally) => tools(definitions)(objectOf(tool).tools, tally);

const reasoningOptions = members(
  {
    context: plain,
    effort: plain,
    generate_summary: plain,
    mode: only(['standard'], 'reasoning mode', 'it may think beyond the output limit, at another price'),
    summary: plain,
  },
  '"reasoning"',
);

const text: Rule = (value, tally) => {
  if (isObject(value)) answerFormat(value.format, tally);
};

/** @see https://platform.openai.com/docs/api-reference/responses/create */
export const responses: Rules = {
  ...sampling,
  background: refused('"background"', 'its answer is stored with the provider, and nobody waits for its usage'),
  context_management: refused('"context_management"', 'summaries are written beyond the output limit'),
  conversation: refused('"conversation"', storedContext),
  include: plain,
  input: each(item),
  instructions: plain,
  max_output_tokens: plain,
  max_tool_calls: plain,
  metadata: plain,
  multi_agent: refused('"multi_agent"', 'several agents write, each beyond the output limit'),
  parallel_tool_calls: plain,
  previous_response_id: refused('"previous_response_id"', storedContext, 'Send the whole conversation as "input"'),
  prompt: refused('"prompt"', storedContext),
  prompt_cache_key: plain,
  prompt_cache_options: cacheOptions,
  prompt_cache_retention: plain,
  reasoning: reasoningOptions,
  safety_identifier: plain,
  service_tier: serviceTier('default'),
  store: plain, // nothing is stored, see `managedBody`
  text,
  tool_choice: plain,
  tools: tools({
    ...definitions,
    namespace,
    apply_patch: runByClient,
    computer: runByClient,
    computer_use_preview: runByClient,
    local_shell: runByClient,
    shell,
  }),
  top_logprobs: plain,
  truncation: plain,
};
