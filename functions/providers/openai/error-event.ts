/** What the OpenAI SDK throws as its APIError, in streams of chat and text completions. */
export function openAiErrorEvent(code: string, message: string): string {
  return `data: ${JSON.stringify({ error: { message, type: 'upstream_error', param: null, code } })}\n\n`;
}
