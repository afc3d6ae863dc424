import { objectOf } from '../../providers/json-object.ts';
import { notePictureUrl, openAiFile, openAiRecording } from './media.ts';
import { byType, each, members, plain, type Rule, type Rules, refused, show, unbounded } from './rules.ts';
import {
  answerFormat,
  cacheable,
  cacheOptions,
  choices,
  rewrittenJson,
  sampling,
  serviceTier,
  tools,
} from './shared.ts';

const picture: Rule = (part, tally) => {
  const { image_url } = objectOf(part);
  notePictureUrl(typeof image_url === 'string' ? image_url : objectOf(image_url).url, tally);
};

const file: Rule = (part, tally) => openAiFile(objectOf(part).file, tally);

const part = byType(
  cacheable({ text: plain, refusal: plain, image_url: picture, input_audio: openAiRecording, file }),
  'a content part',
  'what it can cost is not known',
);

const message = members(
  {
    annotations: plain,
    audio: refused('"audio" of an earlier answer', 'it is stored with the provider, and its length is not known here'),
    cache_control: plain,
    content: each(part),
    function_call: plain,
    name: plain,
    prefix: plain,
    reasoning: plain,
    reasoning_content: plain,
    reasoning_details: plain,
    refusal: plain,
    role: plain,
    tool_call_id: plain,
    tool_calls: plain,
  },
  'a message',
);

const modalities: Rule = (value, tally) => {
  for (const modality of Array.isArray(value) ? value : [value]) {
    if (modality === 'audio') tally.speaks = true;
    else if (modality !== 'text') throw unbounded(`answers as ${show(modality)}`, 'what they cost is not known');
  }
};

/**
 * The members of a chat request, those of OpenAI first and then those that other providers added.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export const chatCompletions: Rules = {
  ...sampling,
  audio: plain, // voice and format; whether answers are spoken is up to "modalities"
  function_call: plain,
  functions: tools({ function: rewrittenJson }, () => 'function'),
  logprobs: plain,
  max_completion_tokens: plain,
  max_tokens: plain,
  messages: each(message),
  metadata: plain,
  modalities,
  n: choices('n'),
  parallel_tool_calls: plain,
  prediction: refused('"prediction"', 'what the model rejects of it is charged as output, beyond the limit'),
  prompt_cache_key: plain,
  prompt_cache_options: cacheOptions,
  prompt_cache_retention: plain,
  reasoning_effort: plain,
  response_format: answerFormat,
  safety_identifier: plain,
  service_tier: serviceTier('default'),
  store: plain, // nothing is stored, see `managedBody`
  thread: refused('"thread"', 'what the provider has stored can be of any length'),
  tool_choice: plain,
  tools: tools({ function: rewrittenJson, custom: rewrittenJson }),
  top_logprobs: plain,
  verbosity: plain,
  web_search_options: refused(
    '"web_search_options"',
    'searches have a price of their own and read pages of any length',
  ),
  // Anthropic, DeepSeek, Groq
  include_reasoning: plain,
  reasoning_format: plain,
  thinking: plain,
  top_k: plain,
};
