import { GatewayError } from '../../core/errors.ts';
import type { ActionCompiler } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';

/** @returns what fills the values in; names become lower case. Throws ERR_NGROK_2238 for a value that is no header */
export function compileHeaders(
  headers: Readonly<Record<string, string>>,
  compiler: ActionCompiler,
): (run: PolicyRun) => Record<string, string> {
  const templates = Object.entries(headers).map(
    ([name, text]) => [name.toLowerCase(), compiler.template(text)] as const,
  );
  return run =>
    Object.fromEntries(
      templates.map(([name, template]) => {
        const value = run.renderText(template, compiler.label);
        if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
          const message = `The value that ${compiler.label} has for header "${name}" is not one line of Latin-1 characters; escape it, as with url.escape()`;
          throw new GatewayError('ERR_NGROK_2238', message);
        }
        return [name, value];
      }),
    );
}
