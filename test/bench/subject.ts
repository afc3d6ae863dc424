import { Agent, request } from 'node:http';

/** Something that answers chat completions: a provider, or a gateway in front of it. */
export interface Subject {
  name: string;
  origin: string;
  path: string;
  headers: Record<string, string>;
  model: string;
  pid: number;
}

export interface CallOptions {
  /** Events of a streamed answer, `streamPauseMs` apart; 0 asks for JSON. */
  events: number;
}

/** Milliseconds until the first and the last byte of the body. */
export interface Timing {
  firstMs: number;
  totalMs: number;
}

/** Kept alive for every subject, as SDKs do. */
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** About 10 KB, like a chat with a system prompt and some turns. */
const messages = [
  { role: 'system', content: 'You answer in one paragraph. '.repeat(30) },
  ...Array.from({ length: 8 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: 'lorem ipsum dolor sit amet, "consectetur" adipiscing elit\n'.repeat(19),
  })),
];

const bodies = new Map<string, Buffer>();

/** Written once, so that the load costs little beside what it measures. */
function bodyOf(model: string, events: number): Buffer {
  const name = `${model} ${events}`;
  let body = bodies.get(name);
  if (!body) {
    const size = events > 0 ? { stream: true, max_tokens: events } : { max_tokens: 200 };
    body = Buffer.from(JSON.stringify({ model, messages, ...size }));
    bodies.set(name, body);
  }
  return body;
}

/** One request. Rejects unless the answer is 200 and arrives whole. */
export function call(subject: Subject, { events }: CallOptions = { events: 0 }): Promise<Timing> {
  const body = bodyOf(subject.model, events);
  const headers = { ...subject.headers, 'content-type': 'application/json', 'content-length': body.length };
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(`${subject.origin}${subject.path}`, { method: 'POST', agent, headers }, response => {
      let firstMs = 0;
      response.on('data', () => {
        firstMs ||= performance.now() - started;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ firstMs, totalMs: performance.now() - started });
        else reject(new Error(`${subject.name} answered ${response.statusCode}`));
      });
      response.on('error', reject);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // Closed as idle while other subjects had their turn; every client makes a new connection then.
      if (outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(call(subject, { events }));
      else reject(error);
    });
    outgoing.end(body);
  });
}

/**
 * @param count requests, `parallel` of them at a time
 * @param pauseMs how long each client waits after an answer; without a pause, what is done after answers piles up
 */
export async function callMany(subject: Subject, count: number, parallel = 1, pauseMs = 0): Promise<void> {
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      await call(subject);
      if (pauseMs > 0) await settled(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: parallel }, client));
}

/** Long enough for what a gateway still does after an answer, so that it does not slow the next subject down. */
const settleMs = 4;

export function settled(timeMs = settleMs): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, timeMs));
}
