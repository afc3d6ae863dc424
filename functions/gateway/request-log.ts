import { appendFileSync } from 'node:fs';
import type { RequestLine } from './request-line.ts';

/**
 * Where the lines of finished requests go.
 * @param destination `stdout`, a file that lines are added to, or undefined for nowhere
 */
export function openRequestLog(destination: string | undefined): ((line: RequestLine) => void) | undefined {
  if (destination === undefined) return undefined;
  const write =
    destination === 'stdout'
      ? (text: string) => process.stdout.write(text)
      : // Only the local stack has a file. It is written at once: a stream would lose lines when the process is stopped.
        (text: string) => appendFileSync(destination, text, { mode: 0o600 });
  return line => write(`${JSON.stringify(line)}\n`);
}
