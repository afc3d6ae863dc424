import { isObject, type JsonObject, objectOf } from '../../providers/json-object.ts';
import { noteFile, notePicture, notePictureUrl, refuseStoredSource } from './media.ts';
import { byType, each, members, only, plain, type Rule, type Rules, refused, typeMember, unbounded } from './rules.ts';
import { answerFormat, rewrittenJson, runByClient, serviceTier, storedContext, tools } from './shared.ts';

const unknownBlock = 'it may belong to a tool that runs at the provider, or to something stored there';

const picture: Rule = (block, tally) => {
  const source = objectOf(objectOf(block).source);
  refuseStoredSource(source);
  if (source.type === 'url') notePictureUrl(source.url, tally);
  else notePicture(source.media_type, source.data, tally);
};

/** What is to be cited is cut into numbered pieces, and nobody says how many. It counts as a file. */
function noteCitations(block: JsonObject): number {
  return objectOf(block.citations).enabled ? 1 : 0;
}

const searchResult: Rule = (block, tally) => {
  tally.files += noteCitations(objectOf(block));
};

const pictured = { text: plain, image: picture };

const document: Rule = (value, tally) => {
  const block = objectOf(value);
  const source = objectOf(block.source);
  refuseStoredSource(source);
  tally.files += noteCitations(block);
  switch (source.type) {
    case 'text':
      return;
    case 'content':
      return each(byType(pictured, 'a block of a document', unknownBlock))(source.content, tally);
    case 'base64':
      return noteFile(source.data, tally);
    default:
      throw unbounded('a document behind an address', 'the provider would fetch a file whose size is not known here');
  }
};

/** Their recursion ends here: a result holds no results. */
const resultBlocks = { ...pictured, document, search_result: searchResult };

const toolResult: Rule = (block, tally) =>
  each(byType(resultBlocks, 'a block of a tool result', unknownBlock))(objectOf(block).content, tally);

const toolUse: Rule = (block, tally) => rewrittenJson(objectOf(block).input ?? null, tally);

const block = byType(
  {
    ...resultBlocks,
    thinking: plain,
    redacted_thinking: plain,
    tool_use: toolUse,
    tool_result: toolResult,
  },
  'a content block',
  unknownBlock,
);

/** @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference */
const toolTypes: Rules = {
  custom: rewrittenJson,
  bash_20241022: runByClient,
  bash_20250124: runByClient,
  computer_20241022: runByClient,
  computer_20250124: runByClient,
  computer_20251124: runByClient,
  memory_20250818: runByClient,
  text_editor_20241022: runByClient,
  text_editor_20250124: runByClient,
  text_editor_20250429: runByClient,
  text_editor_20250728: runByClient,
};

/** Only what makes the prompt shorter; a summary is written by another call, beyond the output limit. */
const contextManagement: Rule = (value, tally) => {
  if (!isObject(value)) return;
  const edit = byType(
    { clear_tool_uses_20250919: plain, clear_thinking_20251015: plain },
    'an edit of the context',
    'summaries are written beyond the output limit',
  );
  each(edit)(value.edits, tally);
};

/** @see https://platform.claude.com/docs/en/api/messages/create, and its beta beside it */
export const messages: Rules = {
  billing_policy: refused('"billing_policy"', 'it chooses who pays'),
  cache_control: plain, // its lifetime has a price, see `planBound`
  compaction: refused('"compaction"', 'summaries are written beyond the output limit'),
  container: refused('"container"', 'containers have a price of their own'),
  context_management: contextManagement,
  fallbacks: refused('"fallbacks"', 'another model would answer at its own price', 'Name it in "models"'),
  inference_geo: only(['global'], 'inference_geo', 'it costs more than the listed price'),
  max_tokens: plain,
  mcp_servers: refused('"mcp_servers"', 'their tools run at the provider, any number of times'),
  messages: each(members({ role: plain, content: each(block) }, 'a message')),
  metadata: plain,
  model: plain,
  output_config: members({ effort: plain, format: answerFormat }, '"output_config"'),
  output_format: answerFormat,
  service_tier: serviceTier('standard_only'),
  speed: only(['standard'], 'speed', 'it costs more than the listed price'),
  stop_sequences: plain,
  stream: plain,
  system: each(byType({ text: plain }, 'a block of the system prompt', unknownBlock)),
  temperature: plain,
  thinking: plain,
  thread: refused('"thread"', storedContext),
  tool_choice: plain,
  tools: tools(toolTypes, tool => typeMember(tool) ?? 'custom'),
  top_k: plain,
  top_p: plain,
};
