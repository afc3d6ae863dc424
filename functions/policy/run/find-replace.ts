import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { Replacement } from '../actions/find-replace-fields.ts';
import type { requestBodyFindReplace } from '../actions/request-body-find-replace.ts';
import type { responseBodyFindReplace } from '../actions/response-body-find-replace.ts';
import type { sseFindReplace } from '../actions/sse-find-replace.ts';
import { type FoundMatch, MatchLog, type ReplacementRule } from '../patterns/replace.ts';
import { StreamTextEditor, type TextSurface } from '../patterns/stream-text-editor.ts';
import { compileReplacement, withinCost } from './compile-replacement.ts';
import type { ActionCompiler, ActionRunner, StreamActionRunner } from './compile-rules.ts';
import { MessageReplacer } from './message-replacer.ts';
import { isEventStream, transformMessages } from './message-transform.ts';
import { type PolicyRun, wholeBody } from './policy-run.ts';
import { replaceInBody } from './replace-in-body.ts';

/** As large as a request may be when it arrives. */
const requestBytesMax = 6 * 1024 * 1024;

/** An answer longer than this is not looked through, and not sent either. */
const bodyBytesMax = 32 * 1024 * 1024;

export function compileReplacements(
  replacements: readonly Replacement[],
  compiler: ActionCompiler,
): (run: PolicyRun) => ReplacementRule[] {
  const rules = replacements.map(replacement => compileReplacement(replacement, compiler));
  return run => rules.map(rule => rule(run));
}

export const runRequestBodyFindReplace: ActionRunner<z.output<typeof requestBodyFindReplace.config>> = (
  { replacements },
  compiler,
) => {
  const rulesFor = compileReplacements(replacements, compiler);
  return async run => {
    const { request } = run;
    const replaced = await replaceInBody(request.body.toString('utf8'), rulesFor(run), compiler, requestBytesMax);
    run.note('request-body-find-replace', { replacements: replaced.matches });
    if (replaced.matches.length > 0) run.request = { ...request, body: Buffer.from(replaced.text) };
    return undefined;
  };
};

export const runResponseBodyFindReplace: ActionRunner<z.output<typeof responseBodyFindReplace.config>> = (
  { replacements },
  compiler,
) => {
  const rulesFor = compileReplacements(replacements, compiler);
  return async run => {
    const { answer } = run;
    if (!answer) return undefined;
    if (isEventStream(answer)) {
      const transform = new MessageReplacer('data', rulesFor(run), compiler, noteOf(run, 'response-body-find-replace'));
      run.answer = { ...answer, body: transformMessages(answer.body, transform) };
      return undefined;
    }
    const body = await readWhole(answer.body, compiler);
    const { text, matches } = await replaceInBody(body.toString('utf8'), rulesFor(run), compiler, bodyBytesMax);
    run.note('response-body-find-replace', { replacements: matches });
    run.answer = { ...answer, body: wholeBody(matches.length > 0 ? text : body) };
    return undefined;
  };
};

export const runSseFindReplace: StreamActionRunner<z.output<typeof sseFindReplace.config>> = (
  { field, scope, replacements },
  compiler,
) => {
  const rulesFor = compileReplacements(replacements, compiler);
  return run => {
    const note = noteOf(run, 'sse-find-replace');
    if (scope === 'message') return new MessageReplacer(field, rulesFor(run), compiler, note);
    const { path } = run.request;
    const surface = textSurfaces[path];
    if (!surface) {
      const known = Object.keys(textSurfaces).join(', ');
      const message = `Streams of ${path} cannot be looked through as one text, which ${compiler.label} asks for; it knows ${known}`;
      throw new GatewayError('policy_broke_body', message);
    }
    const log = new MatchLog();
    note(log.matches);
    const editor = new StreamTextEditor(surface, rulesFor(run), log);
    return {
      push: event => [withinCost(compiler, () => editor.push(event))],
      end: () => [withinCost(compiler, () => editor.end())],
    };
  };
};

/** Whose streams have text that is known as such; what others say is not let through unseen. */
const textSurfaces: Readonly<Record<string, TextSurface>> = {
  '/v1/chat/completions': 'chat-completions',
  '/v1/completions': 'chat-completions',
  '/v1/responses': 'responses',
  '/v1/messages': 'messages',
};

function noteOf(run: PolicyRun, type: string) {
  return (matches: readonly FoundMatch[]) => run.note(type, { replacements: matches });
}

async function readWhole(body: AsyncIterable<string | Buffer>, compiler: ActionCompiler): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const read = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    bytes += read.length;
    if (bytes <= bodyBytesMax) chunks.push(read);
  }
  if (bytes <= bodyBytesMax) return Buffer.concat(chunks);
  const message = `The answer has ${bytes} bytes, and ${compiler.label} looks through ${bodyBytesMax} at most`;
  throw new GatewayError('policy_broke_body', message);
}
