import { isObject, type JsonObject } from './json-object.ts';

/** Members of messages and content parts that hold no text of the prompt: names of things, pictures, audio, files. */
const withoutText = new Set([
  'type',
  'role',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'status',
  'detail',
  'format',
  'media_type',
  'cache_control',
  'signature',
  'encrypted_content',
  'image_url',
  'video_url',
  'input_audio',
  'file_data',
  'file_id',
  'url',
]);

/**
 * All texts in a list of messages or items, in order. A tool call's arguments and results are text too. Works without
 * recursion: a request may be nested as deep as it likes.
 */
export function textsIn(value: unknown): string[] {
  const texts: string[] = [];
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string') texts.push(next);
    else if (Array.isArray(next)) pushReversed(rest, next);
    else if (isObject(next)) pushReversed(rest, partsWithText(next));
  }
  return texts;
}

/** Definitions of tools and schemas count as providers read them: as JSON. */
export function definitionsIn(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(definition => JSON.stringify(definition));
}

/** How many numbers are in a prompt: a list of token ids, or a list of such lists. */
export function tokenIdsIn(prompt: unknown): number {
  if (!Array.isArray(prompt)) return 0;
  return prompt.flat().filter(item => typeof item === 'number').length;
}

function partsWithText(object: JsonObject): unknown[] {
  // A call's input is whatever its tool takes, so its members mean nothing here.
  if (typeof object.type === 'string' && object.type.endsWith('tool_use') && isObject(object.input)) {
    return [object.name, JSON.stringify(object.input)];
  }
  const parts: unknown[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (withoutText.has(name) || (name === 'data' && object.type !== 'text')) continue;
    parts.push(value);
  }
  return parts;
}

function pushReversed(stack: unknown[], values: unknown[]): void {
  for (let at = values.length - 1; at >= 0; at--) stack.push(values[at]);
}
