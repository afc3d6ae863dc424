import { ExpressionError } from './expression-error.ts';
import { compileTemplate } from './template.ts';

/** What a template always gives, such as a named pattern; undefined when it depends on a request, or does not compile. */
export function constantText(text: string): string | undefined {
  try {
    const template = compileTemplate(text);
    return template.isConstant ? String(template.render({ secrets: { get: () => undefined } })) : undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
