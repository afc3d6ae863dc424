import type { SseEvent } from '../../core/sse.ts';
import type { FoundMatch, ReplacementRule } from '../patterns/replace.ts';
import type { ActionCompiler } from './compile-rules.ts';
import type { MessageTransform } from './message-transform.ts';
import { replaceInMessage } from './replace-in-body.ts';

/** Replaces in each message of a stream by itself, as it comes. One in which nothing is found passes as it is. */
export class MessageReplacer implements MessageTransform {
  private readonly field: 'data' | 'retry';
  private readonly rules: readonly ReplacementRule[];
  private readonly compiler: Pick<ActionCompiler, 'label'>;
  private readonly note: (matches: readonly FoundMatch[]) => void;

  constructor(
    field: 'data' | 'retry',
    rules: readonly ReplacementRule[],
    compiler: Pick<ActionCompiler, 'label'>,
    note: (matches: readonly FoundMatch[]) => void,
  ) {
    this.field = field;
    this.rules = rules;
    this.compiler = compiler;
    this.note = note;
  }

  push({ raw, data }: SseEvent): Buffer[] {
    const lines = raw
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .split(/\r\n|\r|\n/);
    const first = lines.findIndex(line => isField(line, this.field));
    if (first === -1) return [raw];
    const value = this.field === 'data' ? (data ?? '') : textOf(lines[first] as string);
    const { text, matches } = replaceInMessage(value, this.rules, this.compiler, this.field === 'data');
    if (matches.length === 0) return [raw];
    this.note(matches);
    const replaced = text.split(/\r\n|\r|\n/).map(line => `${this.field}: ${line}`);
    const others = (part: string[]) => part.filter(line => !isField(line, this.field));
    return [Buffer.from([...others(lines.slice(0, first)), ...replaced, ...others(lines.slice(first))].join('\n'))];
  }

  end(): Buffer[] {
    return [];
  }
}

function isField(line: string, field: string): boolean {
  return line === field || line.startsWith(`${field}:`);
}

function textOf(line: string): string {
  return line.slice(line.indexOf(':') + 1).replace(/^ /, '');
}
