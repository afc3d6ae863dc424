import { type EventTexts, isObject, type JsonObject, objectsIn, type TextSlot } from './text-slots.ts';

/** Text of a chat chunk's delta, beside `tool_calls`. Reasoning has several names among providers. */
const textFields = ['content', 'reasoning_content', 'reasoning', 'refusal'];

/**
 * Where chunks of chat/completions have text, and those of the older completions.
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function chatTexts(chunk: JsonObject): EventTexts {
  const choices = objectsIn(chunk.choices);
  const isOver = isObject(chunk.error);
  const finished = choices
    .filter(([, choice]) => typeof choice.finish_reason === 'string')
    .map(([at, choice]) => keyOf(at, choice));
  return {
    slots: choices.flatMap(([at, choice]) => choiceSlots(chunk, at, choice)),
    ends: channel => isOver || finished.some(key => channel.startsWith(`${key}/`)),
    isPartial: finished.length === 0,
    tokens: choices
      .filter(([, choice]) => isObject(choice.logprobs))
      .map(([at]) => ({ path: ['choices', at, 'logprobs'], value: null })),
  };
}

function keyOf(at: number, { index }: JsonObject): string {
  return String(index ?? at);
}

function choiceSlots(chunk: JsonObject, at: number, choice: JsonObject): TextSlot[] {
  const key = keyOf(at, choice);
  const slots: TextSlot[] = [];
  const carry = (delta: unknown) => ({
    data: {
      ...chunk,
      ...('usage' in chunk && { usage: null }),
      choices: [{ index: choice.index ?? at, delta, finish_reason: null }],
    },
  });
  const add = (text: unknown, path: (string | number)[], deltaOf: (text: string) => unknown) => {
    if (typeof text !== 'string') return;
    const channel = `${key}/${path.join('/')}`;
    slots.push({ path: ['choices', at, 'delta', ...path], text, channel, carry: rest => carry(deltaOf(rest)) });
  };
  const delta = isObject(choice.delta) ? choice.delta : {};
  for (const field of textFields) add(delta[field], [field], rest => ({ [field]: rest }));
  if (isObject(delta.audio))
    add(delta.audio.transcript, ['audio', 'transcript'], transcript => ({ audio: { transcript } }));
  if (isObject(delta.function_call)) {
    add(delta.function_call.arguments, ['function_call', 'arguments'], rest => ({
      function_call: { arguments: rest },
    }));
  }
  if (typeof choice.text === 'string') {
    const channel = `${key}/text`;
    const rest = (text: string) => ({ data: { ...chunk, choices: [{ ...choice, text, finish_reason: null }] } });
    slots.push({ path: ['choices', at, 'text'], text: choice.text, channel, carry: rest });
  }
  return [
    ...slots,
    ...toolSlots(delta, at, key, carry),
    ...partSlots(delta, at, key, carry),
    ...messageSlots(choice, at),
  ];
}

type Carry = (delta: unknown) => { data: unknown };

function toolSlots({ tool_calls: calls }: JsonObject, choiceAt: number, key: string, carry: Carry): TextSlot[] {
  return objectsIn(calls).flatMap(([at, call]): TextSlot[] => {
    const index = call.index ?? at;
    return (['function', 'custom'] as const).flatMap((kind): TextSlot[] => {
      const field = kind === 'function' ? 'arguments' : 'input';
      const body = call[kind];
      const text = isObject(body) ? body[field] : undefined;
      if (typeof text !== 'string') return [];
      return [
        {
          path: ['choices', choiceAt, 'delta', 'tool_calls', at, kind, field],
          text,
          channel: `${key}/tool_calls/${index}`,
          carry: rest => carry({ tool_calls: [{ index, [kind]: { [field]: rest } }] }),
        },
      ];
    });
  });
}

/** Some providers send content, or what it was reasoned from, as lists of parts. */
function partSlots(delta: JsonObject, choiceAt: number, key: string, carry: Carry): TextSlot[] {
  return ['content', 'reasoning_details'].flatMap(list =>
    objectsIn(delta[list]).flatMap(([at, part]) =>
      ['text', 'summary'].flatMap((field): TextSlot[] => {
        const text = part[field];
        if (typeof text !== 'string') return [];
        return [
          {
            path: ['choices', choiceAt, 'delta', list, at, field],
            text,
            channel: `${key}/${list}/${part.type}/${part.index}/${field}`,
            carry: rest => carry({ [list]: [{ ...part, [field]: rest }] }),
          },
        ];
      }),
    ),
  );
}

/** Some providers repeat the message as far as it has come. */
function messageSlots({ message }: JsonObject, choiceAt: number): TextSlot[] {
  if (!isObject(message)) return [];
  return textFields.flatMap((field): TextSlot[] => {
    const text = message[field];
    return typeof text === 'string' ? [{ path: ['choices', choiceAt, 'message', field], text }] : [];
  });
}
