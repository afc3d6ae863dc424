import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { constantText } from '../expressions/constant-text.ts';
import { compilePattern } from '../patterns/pattern.ts';
import { streamProblem } from '../patterns/streaming-replacer.ts';
import { type Path, type PolicyProblem, problem } from '../problems.ts';
import { checkReplacements, replacementsCel, replacementsField } from './find-replace-fields.ts';

const config = z.strictObject({
  field: z.enum(['data', 'retry']).default('data').describe('Which line of a message to look at.'),
  scope: z
    .enum(['message', 'text'])
    .default('message')
    .describe('`text` takes the text of the whole answer as one, so that nothing is missed between two messages.'),
  replacements: replacementsField,
});

/** Replaces in the messages of a streamed answer. */
export const sseFindReplace = {
  type: 'sse-find-replace',
  phases: ['on_event_stream_message'],
  config,
  cel: ({ replacements }) => replacementsCel(replacements),
  check: (config, path) => [...checkReplacements(config, path), ...checkScope(config, path)],
} as const satisfies ActionDefinition<'sse-find-replace', typeof config>;

function checkScope({ scope, field = 'data', replacements }: Record<string, unknown>, path: Path): PolicyProblem[] {
  if (scope !== 'text' || !Array.isArray(replacements)) return [];
  if (field !== 'data') {
    const message = `the text of an answer is in "data"; remove the field "field", or the scope`;
    return [problem('ERR_NGROK_2204', [...path, 'field'], message)];
  }
  return replacements.flatMap((entry: { from?: unknown } | null, index) => {
    const from = entry?.from;
    if (typeof from !== 'string') return [];
    const fromPath = [...path, 'replacements', index, 'from'];
    const source = constantText(from);
    if (source === undefined) {
      const message =
        'a stream is held back by what a pattern can match, which must not depend on a request; write the pattern out';
      return [problem('ERR_NGROK_2261', fromPath, message)];
    }
    const compiled = compilePattern(source);
    const mistake = 'problem' in compiled ? undefined : streamProblem(compiled.pattern);
    return mistake === undefined ? [] : [problem('ERR_NGROK_2261', fromPath, mistake)];
  });
}
