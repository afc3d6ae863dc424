import { type EventTexts, isObject, type JsonObject, nothing, objectsIn, type TextSlot } from './text-slots.ts';

/** Names of texts in whatever is done or added: what the model wrote, not what tools answered. */
const textFields = ['text', 'refusal', 'transcript', 'arguments', 'input', 'code'];

type Path = readonly (string | number)[];

/**
 * Where events of responses have text: deltas, and events that repeat a part, an item or the whole answer.
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function responseTexts(event: JsonObject): EventTexts {
  const type = String(event.type);
  if (type.endsWith('.delta')) return deltaTexts(event, type.slice(0, -'.delta'.length));
  if (type === 'error') return { ...nothing, ends: () => true };
  const repeats = repeatedTexts(event, type);
  if (isObject(event.response)) {
    const isPartial = /\.(?:created|queued|in_progress)$/.test(type);
    return { ...repeats, isPartial, ends: () => !isPartial };
  }
  if (!type.endsWith('.done')) return { ...repeats, isPartial: true };
  return { ...repeats, ends: endsWith(event, type.slice(0, -'.done'.length)) };
}

/** A text ends with its own `done`, and at the latest with that of its part or item. */
function endsWith(event: JsonObject, base: string): EventTexts['ends'] {
  const item = `${event.output_index}/`;
  if (base === 'response.output_item') return channel => channel.startsWith(item);
  if (base === 'response.content_part') return channel => channel.startsWith(`${item}${event.content_index}/`);
  const own = channelOf(event, base);
  return channel => channel === own;
}

function channelOf({ output_index, content_index, summary_index }: JsonObject, base: string): string {
  return `${output_index}/${content_index}/${summary_index}/${base}`;
}

function deltaTexts(event: JsonObject, base: string): EventTexts {
  const { delta } = event;
  if (typeof delta !== 'string' || base === 'response.audio') return nothing; // audio is base64
  const carry = (text: string) => ({
    name: String(event.type),
    data: { ...event, delta: text, ...('logprobs' in event && { logprobs: [] }) },
  });
  return {
    ...nothing,
    slots: [{ path: ['delta'], text: delta, channel: channelOf(event, base), carry }],
    tokens: tokensIn(event, []),
  };
}

function repeatedTexts(event: JsonObject, type: string): EventTexts {
  const { part, item, response } = event;
  const places: [object: JsonObject, path: Path][] = [];
  if (type.endsWith('.done')) places.push([event, []]);
  if (isObject(part)) places.push([part, ['part']]);
  if (isObject(item)) places.push(...placesInItem(item, ['item']));
  if (isObject(response)) {
    for (const [at, output] of objectsIn(response.output))
      places.push(...placesInItem(output, ['response', 'output', at]));
  }
  return {
    ...nothing,
    slots: places.flatMap(([object, path]) => slotsIn(object, path)),
    tokens: places.flatMap(([object, path]) => tokensIn(object, path)),
  };
}

function placesInItem(item: JsonObject, path: Path): [object: JsonObject, path: Path][] {
  const parts = ['content', 'summary'].flatMap(list =>
    objectsIn(item[list]).map(([at, part]): [JsonObject, Path] => [part, [...path, list, at]]),
  );
  return [[item, path], ...parts];
}

function slotsIn(object: JsonObject, path: Path): TextSlot[] {
  return textFields.flatMap((field): TextSlot[] => {
    const text = object[field];
    return typeof text === 'string' && text !== '' ? [{ path: [...path, field], text }] : [];
  });
}

function tokensIn({ logprobs }: JsonObject, path: Path): EventTexts['tokens'] {
  return Array.isArray(logprobs) && logprobs.length > 0 ? [{ path: [...path, 'logprobs'], value: [] }] : [];
}
