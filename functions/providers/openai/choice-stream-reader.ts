import type { SseEvent } from '../../core/sse.ts';
import type { Usage } from '../../core/usage.ts';
import { errorMessage, isObject, type JsonObject, objectsOf, parseObject, wordOf } from '../json-object.ts';
import { type EventReading, emptyReading, malformedReading, type StreamReader } from '../surface.ts';
import { readChatUsage } from './usage.ts';

/** How one choice of a chunk is read: chat has a delta in it, text completions a text. */
export interface ChoiceReading {
  hasContent: boolean;
  text: string;
}

const endReading: Readonly<EventReading> = Object.freeze({ ...emptyReading, isEnd: true });

/** Reads streams of chunks with choices. Usage may come in any chunk and more than once; the last believable one counts. */
export class ChoiceStreamReader implements StreamReader {
  private reported: Usage | undefined;
  private reason: string | undefined;
  private readonly unfinished = new Set<unknown>();
  private readonly readChoice: (choice: JsonObject) => ChoiceReading;

  constructor(readChoice: (choice: JsonObject) => ChoiceReading) {
    this.readChoice = readChoice;
  }

  read({ data }: SseEvent): Readonly<EventReading> {
    if (data === undefined) return emptyReading;
    if (data === '[DONE]') return endReading;
    const chunk = parseObject(data);
    if (!chunk) return malformedReading;
    if (chunk.error || chunk.object === 'error' || chunk.type === 'error') {
      return { ...emptyReading, error: errorMessage(chunk.error ?? chunk) };
    }
    const usage = chunk.usage ?? (isObject(chunk.x_groq) ? chunk.x_groq.usage : undefined);
    if (usage) this.reported = readChatUsage(usage) ?? this.reported;
    const choices = objectsOf(chunk.choices);
    if (choices.length === 0) return isObject(chunk.usage) ? { ...emptyReading, isUsageOnly: true } : emptyReading;
    return this.readChoices(choices);
  }

  usage(): Usage | undefined {
    return this.reported;
  }

  finishReason(): string | undefined {
    return this.reason;
  }

  private readChoices(choices: JsonObject[]): EventReading {
    let hasContent = false;
    let finishes = false;
    let text = '';
    for (const choice of choices) {
      const reading = this.readChoice(choice);
      hasContent ||= reading.hasContent;
      text += reading.text;
      if (typeof choice.finish_reason === 'string') {
        finishes = true;
        this.reason = wordOf(choice.finish_reason);
        this.unfinished.delete(choice.index);
      } else this.unfinished.add(choice.index);
    }
    return {
      ...emptyReading,
      hasContent: hasContent || finishes,
      isFinish: finishes && this.unfinished.size === 0,
      text,
    };
  }
}
