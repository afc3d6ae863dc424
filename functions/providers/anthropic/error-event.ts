/** What the Anthropic SDK throws as its APIError. The format has no place for a code, so the message carries it. */
export function anthropicErrorEvent(code: string, message: string): string {
  const error = { type: 'api_error', message: `${message} (${code})` };
  return `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`;
}
