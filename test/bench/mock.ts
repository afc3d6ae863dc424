import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The provider of the benchmark: answers at once, or streams `max_tokens` events with a pause after each. */
const pauseMs = 20;

const usage = { prompt_tokens: 2500, completion_tokens: 125, total_tokens: 2625 };
const answer = JSON.stringify({
  id: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
  object: 'chat.completion',
  created: 1_764_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x'.repeat(500) }, finish_reason: 'stop' }],
  usage,
});
const event = (choices: object[], more: object = {}) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012', object: 'chat.completion.chunk', created: 1_764_000_000, model: 'gpt-4o-mini-2024-07-18', service_tier: 'default', system_fingerprint: 'fp_0123456789', choices, ...more })}\n\n`;
const word = event([{ index: 0, delta: { content: ' word' }, logprobs: null, finish_reason: null }]);
const finish = event([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }]);
const usageEvent = event([], { usage });
const done = 'data: [DONE]\n\n';

const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8');
    if (!/"stream":\s*true/.test(text)) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
      return;
    }
    const end = /"include_usage":\s*true/.test(text) ? finish + usageEvent + done : finish + done;
    let left = Number(/"max_tokens":\s*(\d+)/.exec(text)?.[1]);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(word);
    const timer = setInterval(() => {
      left -= 1;
      if (left > 0) response.write(word);
      else {
        clearInterval(timer);
        response.end(end);
      }
    }, pauseMs);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
