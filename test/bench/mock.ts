import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The provider of the benchmark: answers at once, or streams `chunks` events 20 ms apart. */
const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x'.repeat(500) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 2500, completion_tokens: 125, total_tokens: 2625 },
});
const event = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const last = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const chunks = 20;

const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  if (!text.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < chunks; index++) {
    response.write(event(`word ${index} `));
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  response.end(last);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
