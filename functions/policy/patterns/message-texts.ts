import { type EventTexts, isObject, type JsonObject, nothing, type TextSlot } from './text-slots.ts';

const deltaFields: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'partial_json',
  compaction_delta: 'content',
};

const deltaTypeOf: Readonly<Record<string, string>> = { text: 'text_delta', thinking: 'thinking_delta' };

/**
 * Where events of messages have text. A block may begin with some.
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export function messageTexts(event: JsonObject): EventTexts {
  const key = `${event.index}/`;
  switch (event.type) {
    case 'content_block_start':
      return { ...nothing, slots: startSlots(event, key) };
    case 'content_block_delta':
      return { ...nothing, slots: deltaSlots(event, key) };
    case 'content_block_stop':
      return { ...nothing, ends: channel => channel.startsWith(key) };
    case 'message_delta':
    case 'message_stop':
    case 'error':
      return { ...nothing, ends: () => true };
    default:
      return nothing;
  }
}

function startSlots({ index, content_block: block }: JsonObject, key: string): TextSlot[] {
  if (!isObject(block)) return [];
  return Object.entries(deltaTypeOf).flatMap(([field, type]): TextSlot[] => {
    const text = block.type === field ? block[field] : undefined;
    if (typeof text !== 'string' || text === '') return [];
    return [{ path: ['content_block', field], text, channel: key + type, carry: carrier(index, type, field) }];
  });
}

function deltaSlots({ index, delta }: JsonObject, key: string): TextSlot[] {
  if (!isObject(delta)) return [];
  const type = String(delta.type);
  const field = Object.hasOwn(deltaFields, type) ? (deltaFields[type] as string) : undefined;
  const text = field === undefined ? undefined : delta[field];
  if (field === undefined || typeof text !== 'string') return [];
  return [{ path: ['delta', field], text, channel: key + type, carry: carrier(index, type, field) }];
}

function carrier(index: unknown, type: string, field: string) {
  return (text: string) => ({
    name: 'content_block_delta',
    data: { type: 'content_block_delta', index, delta: { type, [field]: text } },
  });
}
