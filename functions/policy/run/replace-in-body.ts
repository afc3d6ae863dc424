import { setImmediate } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.ts';
import { TooCostly } from '../patterns/pattern.ts';
import {
  type FoundMatch,
  MatchLog,
  matchTest,
  type ReplacementRule,
  replaceInText,
  ruleThatBreaksJson,
} from '../patterns/replace.ts';
import { withinCost } from './compile-replacement.ts';
import type { ActionCompiler } from './compile-rules.ts';

interface Replaced {
  text: string;
  matches: FoundMatch[];
}

/** Characters that the rules of one action may read together, each the whole text: some seconds of work. */
const workMax = 64 * 1024 * 1024;

/** Longer texts are not looked through in one go: other requests of the process take turns. */
const longText = 128 * 1024;

/**
 * Replaces in a body, which may become `lengthMax` characters long. Escapes that its JSON could do without are read as what they stand for: a reader of the JSON does so.
 * @throws GatewayError policy_broke_body, naming the replacement that made JSON to something else; ERR_NGROK_2238 for too
 * much work
 */
export async function replaceInBody(
  body: string,
  rules: readonly ReplacementRule[],
  compiler: Pick<ActionCompiler, 'label'>,
  lengthMax: number,
): Promise<Replaced> {
  const text = withoutNeedlessEscapes(body);
  const log = new MatchLog();
  let replaced = text;
  let work = 0;
  for (const [index, rule] of rules.entries()) {
    work += replaced.length;
    replaced = withinCost(compiler, () => {
      if (work <= workMax) {
        return rule.pattern.replaceAll(replaced, rule.replacement, matchTest(rule, index, log), lengthMax);
      }
      throw new TooCostly(`its replacements have over ${workMax} characters to read; use fewer, or smaller bodies`);
    });
    if (replaced.length > longText) await setImmediate();
  }
  return finish(text, replaced, rules, compiler, log);
}

/** The same for one message of a stream. @param mayBeJson whether it has to stay JSON, if it is */
export function replaceInMessage(
  message: string,
  rules: readonly ReplacementRule[],
  compiler: Pick<ActionCompiler, 'label'>,
  mayBeJson: boolean,
): Replaced {
  const text = mayBeJson ? withoutNeedlessEscapes(message) : message;
  const log = new MatchLog();
  const replaced = withinCost(compiler, () => replaceInText(text, rules, log));
  return mayBeJson ? finish(text, replaced, rules, compiler, log) : { text: replaced, matches: log.matches };
}

function finish(
  text: string,
  replaced: string,
  rules: readonly ReplacementRule[],
  compiler: Pick<ActionCompiler, 'label'>,
  log: MatchLog,
): Replaced {
  const culprit = log.count === 0 ? undefined : withinCost(compiler, () => ruleThatBreaksJson(text, rules, replaced));
  if (culprit === undefined) return { text: replaced, matches: log.matches };
  const message = `The body is no JSON any more after replacements[${culprit}] of ${compiler.label}; let it leave quotes, braces and backslashes as they are`;
  throw new GatewayError('policy_broke_body', message);
}

/** `\u0031` is `1` to whoever reads the JSON. Those of control characters, quotes, backslashes and half pairs stay. */
function withoutNeedlessEscapes(text: string): string {
  if (!text.includes('\\u')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|.)/gs, (written: string, hex: string | undefined) => {
    const unit = hex === undefined ? 0 : Number.parseInt(hex, 16);
    const isPlain = unit >= 0x20 && unit !== 0x22 && unit !== 0x5c && (unit < 0xd800 || unit > 0xdfff);
    return isPlain ? String.fromCharCode(unit) : written;
  });
}
