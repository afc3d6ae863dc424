/** Writes one JSON line for operators. Errors carry names, messages and stacks, and never a prompt or a credential. */
export function report(message: string, error: unknown): void {
  const details = error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : error;
  process.stderr.write(`${JSON.stringify({ level: 'error', message, error: details })}\n`);
}

/** The same for what is no error. */
export function note(message: string, details: object): void {
  process.stderr.write(`${JSON.stringify({ level: 'info', message, ...details })}\n`);
}

/** What the log says when a request cost more than its hold; an alarm listens to it. */
export const overrunMessage = 'cost more than was set aside';
