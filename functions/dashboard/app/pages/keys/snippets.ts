export type Client = 'openai' | 'anthropic' | 'vercel' | 'curl';

export const clients = [
  { value: 'openai', name: 'OpenAI' },
  { value: 'anthropic', name: 'Anthropic' },
  { value: 'vercel', name: 'Vercel AI' },
  { value: 'curl', name: 'curl' },
] as const satisfies readonly { value: Client; name: string }[];

/**
 * A program that works when it is pasted.
 * @param address of the endpoint, without `/v1`
 */
export function snippetFor(client: Client, use: { address: string; token: string; model: string }): string {
  const { address, token } = use;
  const model = JSON.stringify(use.model).slice(1, -1).replaceAll("'", "\\'");
  switch (client) {
    case 'openai':
      return `import OpenAI from 'openai';

const openai = new OpenAI({
  baseURL: '${address}/v1',
  apiKey: '${token}',
});
const answer = await openai.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Hello!' }],
});
console.log(answer.choices[0].message.content);`;
    case 'anthropic':
      return `import Anthropic from '@anthropic-ai/sdk';

const anthropic = new Anthropic({
  baseURL: '${address}', // the SDK adds /v1
  apiKey: '${token}',
});
const answer = await anthropic.messages.create({
  model: '${model}',
  max_tokens: 500,
  messages: [{ role: 'user', content: 'Hello!' }],
});
console.log(answer.content);`;
    case 'vercel':
      return `import { createOpenAI } from '@ai-sdk/openai';
import { generateText } from 'ai';

const tollgate = createOpenAI({
  baseURL: '${address}/v1',
  apiKey: '${token}',
});
const { text } = await generateText({
  model: tollgate.chat('${model}'),
  prompt: 'Hello!',
});
console.log(text);`;
    case 'curl': {
      const body = JSON.stringify({ model: use.model, messages: [{ role: 'user', content: 'Hello!' }] });
      return `curl ${address}/v1/chat/completions \\
  -H 'Authorization: Bearer ${token}' \\
  -H 'Content-Type: application/json' \\
  -d '${body.replaceAll("'", "'\\''")}'`;
    }
  }
}
