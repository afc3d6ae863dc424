import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The least that a gateway can do: parse the body, forward it, relay the answer. Takes the provider's origin. */
const origin = process.argv[2] as string;
const agent = new Agent({ keepAlive: true });

const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, async (incoming, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const outgoing = request(`${origin}${incoming.url}`, { method: 'POST', agent, headers }, answer => {
    response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? '' });
    answer.pipe(response);
  });
  outgoing.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
