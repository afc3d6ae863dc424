import { type JsonEdit, setJsonValues } from '../../core/json-edit.ts';
import { chatTexts } from './chat-texts.ts';
import { messageTexts } from './message-texts.ts';
import { type MatchLog, type ReplacementRule, replaceInText } from './replace.ts';
import { responseTexts } from './response-texts.ts';
import { StreamingReplacer } from './streaming-replacer.ts';
import { type EventTexts, isObject, type JsonObject, type PieceSlot } from './text-slots.ts';

/** A server-sent event as it came: its bytes, and its `data` lines joined. */
export interface StreamEvent {
  raw: Buffer;
  data: string | undefined;
}

const readers = {
  'chat-completions': chatTexts,
  responses: responseTexts,
  messages: messageTexts,
} satisfies Record<string, (event: JsonObject) => EventTexts>;

/** The surfaces whose streamed answers have text that can be edited, by the names that surfaces have. */
export type TextSurface = keyof typeof readers;

export function isTextSurface(name: string): name is TextSurface {
  return Object.hasOwn(readers, name);
}

interface Channel {
  replacer: StreamingReplacer;
  carry: PieceSlot['carry'];
}

/**
 * Replaces in the text of a streamed answer as if it were not cut into events: each choice, block or call has a text of its
 * own. What may be the beginning of a match waits for the next event of its text, or goes into an event of the same
 * shape before the text ends. Everything else passes at once, in order, and as it was written; only the tokens that
 * `logprobs` lists are taken out, since they repeat the text in other pieces.
 *
 * Arguments of tools are JSON within a string, and rules see them as they are written there: a replacement that breaks
 * them reaches the client broken.
 */
export class StreamTextEditor {
  private readonly read: (event: JsonObject) => EventTexts;
  private readonly rules: readonly ReplacementRule[];
  private readonly log: MatchLog | undefined;
  private readonly channels = new Map<string, Channel>();

  /** @param rules none of which has a `streamProblem` */
  constructor(surface: TextSurface, rules: readonly ReplacementRule[], log?: MatchLog) {
    this.read = readers[surface];
    this.rules = rules;
    this.log = log;
  }

  /** @returns the bytes to pass on. @throws PatternTooCostly */
  push({ raw, data }: StreamEvent): Buffer {
    if (data === undefined) return raw;
    const event = parseObject(data);
    if (!event) return data.trim() === '[DONE]' ? Buffer.concat([this.end(), raw]) : raw;
    const texts = this.read(event);
    const edits: JsonEdit[] = [...texts.tokens];
    const finished = new Set([...this.channels.keys()].filter(texts.ends));
    const ended = new Set<string>();
    for (const slot of texts.slots) {
      const { path, text, channel } = slot;
      let replaced: string;
      if (channel === undefined) replaced = this.repeat(text, texts.isPartial);
      else {
        replaced = this.channelOf(slot).replacer.push(text);
        if (texts.ends(channel)) {
          replaced += this.endChannel(channel);
          ended.add(channel);
        }
      }
      if (replaced !== text) edits.push({ path, value: replaced });
    }
    const before = [...finished].filter(channel => !ended.has(channel)).map(channel => this.release(channel));
    const edited = edits.length === 0 ? raw : withData(raw, setJsonValues(data, edits));
    return before.length === 0 ? edited : Buffer.concat([...before, edited]);
  }

  /** The stream is over. @returns what was still held back */
  end(): Buffer {
    return Buffer.concat([...this.channels.keys()].map(channel => this.release(channel)));
  }

  private channelOf({ channel: key, carry }: PieceSlot): Channel {
    const known = this.channels.get(key);
    if (known) known.carry = carry;
    const channel = known ?? { replacer: new StreamingReplacer(this.rules, this.log), carry };
    this.channels.set(key, channel);
    return channel;
  }

  private endChannel(key: string): string {
    const rest = this.channels.get(key)?.replacer.end() ?? '';
    this.channels.delete(key);
    return rest;
  }

  private release(key: string): Buffer {
    const carry = this.channels.get(key)?.carry;
    const rest = this.endChannel(key);
    if (rest === '' || !carry) return Buffer.alloc(0);
    const { name, data } = carry(rest);
    return Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Its matches are noted where the text first came. */
  private repeat(text: string, isPartial: boolean): string {
    return isPartial ? new StreamingReplacer(this.rules).push(text) : replaceInText(text, this.rules);
  }
}

function parseObject(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // it is for whoever reads the stream to say so
  }
}

/** The event with other data; its other lines stay as they are. */
function withData(raw: Buffer, data: string): Buffer {
  const lines = raw.toString('utf8').match(/[^\r\n]*(?:\r\n|\r|\n|$)/g) ?? [];
  let isWritten = false;
  const edited = lines.map(line => {
    const [, prefix, ending] = /^(\ufeff?data: ?).*?([\r\n]*)$/s.exec(line) ?? [];
    if (prefix === undefined) return line;
    if (isWritten) return '';
    isWritten = true;
    return data
      .split('\n')
      .map(part => `${prefix}${part}${ending || '\n'}`)
      .join('');
  });
  return Buffer.from(edited.join(''));
}
