import type { MessageTransform } from '../policy/run/message-transform.ts';
import { SseSplitter, sseEventBytesMax } from '../providers/sse.ts';
import { AnswerCut } from './open-answer.ts';

/** Sends the events of a stream through the transforms, the first first. Yields whole events. */
export async function* transformMessages(
  body: AsyncIterable<string | Buffer>,
  transforms: readonly MessageTransform[],
): AsyncGenerator<Buffer> {
  const splitter = new SseSplitter();
  for await (const chunk of body) {
    const events = splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk).map(({ raw }) => raw);
    if (splitter.isTooLong) throw new AnswerCut(`an event has over ${sseEventBytesMax} bytes`);
    const changed = pass(events, transforms);
    if (changed.length > 0) yield Buffer.concat(changed);
  }
  const last = splitter.end();
  const rest = pass(last ? [last.raw, blankLine] : [], transforms);
  for (const [index, transform] of transforms.entries()) {
    rest.push(...pass(transform.end(), transforms.slice(index + 1)));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

const blankLine = Buffer.from('\n\n');

function pass(events: readonly Buffer[], transforms: readonly MessageTransform[]): Buffer[] {
  let passing = [...events];
  for (const transform of transforms) passing = passing.flatMap(event => transform.push(event));
  return passing;
}
