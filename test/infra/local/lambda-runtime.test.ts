import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { streamifyResponse } from 'lambda-stream';
import { listen, PortTakenError } from '../../../infra/local/http-server.ts';
import {
  installLambdaRuntime,
  type LambdaContext,
  type StreamingHandler,
  serveFunctionUrl,
} from '../../../infra/local/lambda-runtime.ts';
import { HttpResponseStream, ResponseStream } from '../../../infra/local/response-stream.ts';

type Options = Parameters<typeof serveFunctionUrl>[1];

/** Serves a handler, calls `use` with its URL and with what was reported so far, and closes. */
async function withFunction(
  handler: StreamingHandler,
  use: (url: string, reports: string[]) => Promise<void>,
  options: Options = {},
) {
  const reports: string[] = [];
  const report = (message: string, error?: unknown) =>
    reports.push(error instanceof Error ? `${message}: ${error.message}` : message);
  const server = await serveFunctionUrl(handler, { report, drainMs: 100, ...options });
  try {
    await use(server.url, reports);
  } finally {
    await server.close();
  }
}

/** Answers 200 with what `describe` makes of the event. */
function echo(describe: (event: LambdaFunctionURLEvent, context: LambdaContext) => unknown): StreamingHandler {
  return async (event, responseStream, context) => {
    const stream = HttpResponseStream.from(responseStream, { headers: { 'content-type': 'application/json' } });
    stream.write(JSON.stringify(describe(event, context)));
    stream.end();
  };
}

async function callRaw(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(request);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

describe('the awslambda global', () => {
  test('lets lambda-stream stream for real', async () => {
    installLambdaRuntime();
    const handler = streamifyResponse(async (_event: LambdaFunctionURLEvent, stream: Writable) => {
      const { awslambda } = globalThis as unknown as { awslambda: { HttpResponseStream: typeof HttpResponseStream } };
      const answer = awslambda.HttpResponseStream.from(stream, { statusCode: 402 });
      answer.write('streamed');
      answer.end();
    }) as unknown as StreamingHandler;
    await withFunction(handler, async url => {
      const response = await fetch(url);
      assert.equal(response.status, 402);
      assert.equal(await response.text(), 'streamed');
    });
  });
});

describe('the event', () => {
  test('has the shape of payload format 2.0', async () => {
    await withFunction(
      echo(event => event),
      async url => {
        const response = await fetch(`${url}/e/chat/v1/models%20x?a=1&b=x%20y&a=2`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json; charset=utf-8', 'User-Agent': 'test', Cookie: 'a=1; b=2' },
          body: '{"é":1}',
        });
        const event = (await response.json()) as LambdaFunctionURLEvent;
        assert.equal(event.version, '2.0');
        assert.equal(event.routeKey, '$default');
        assert.equal(event.rawPath, '/e/chat/v1/models%20x');
        assert.equal(event.rawQueryString, 'a=1&b=x%20y&a=2');
        assert.deepEqual(event.queryStringParameters, { a: '1,2', b: 'x y' });
        assert.deepEqual(event.cookies, ['a=1', 'b=2']);
        assert.equal(event.body, '{"é":1}');
        assert.equal(event.isBase64Encoded, false);
        assert.equal(event.headers['content-type'], 'application/json; charset=utf-8');
        assert.equal(event.headers['x-forwarded-for'], '127.0.0.1');
        assert.equal(event.headers['x-forwarded-proto'], 'http');
        assert.equal(event.headers['x-forwarded-port'], new URL(url).port);
        assert.equal(event.headers.cookie, undefined);
        assert.equal(event.headers.connection, undefined);
        const { http, domainName, requestId, time, timeEpoch, stage } = event.requestContext;
        assert.deepEqual(http, {
          method: 'POST',
          path: '/e/chat/v1/models%20x',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        });
        assert.equal(domainName, '127.0.0.1');
        assert.equal(stage, '$default');
        assert.match(requestId, /^[0-9a-f-]{36}$/);
        assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
        assert.ok(Math.abs(timeEpoch - Date.now()) < 5_000);
      },
    );
  });

  test('joins repeated headers with commas and keeps what only concerns the connection to itself', async () => {
    await withFunction(
      echo(event => event.headers),
      async url => {
        const answer = await callRaw(
          url,
          'GET / HTTP/1.1\r\nHost: chat.example.com:80\r\nX-A: 1\r\nx-a: 2\r\nAuthorization: Bearer a\r\n' +
            'authorization: Bearer b\r\nTE: trailers\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n',
        );
        const headers = JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? '');
        assert.deepEqual(headers, {
          host: 'chat.example.com:80',
          'x-a': '1,2',
          authorization: 'Bearer a,Bearer b',
          'x-forwarded-for': '203.0.113.7, 127.0.0.1',
          'x-forwarded-proto': 'http',
          'x-forwarded-port': new URL(url).port,
        });
      },
    );
  });

  const bodies: [type: string | undefined, encoding: string | undefined, isBase64Encoded: boolean][] = [
    ['application/json', undefined, false],
    ['APPLICATION/JSON;charset=utf-8', undefined, false],
    ['text/plain', undefined, false],
    ['application/xml', undefined, false],
    ['application/javascript', undefined, false],
    ['application/json', 'gzip', true],
    ['application/json-seq', undefined, true],
    ['application/x-www-form-urlencoded', undefined, true],
    ['application/octet-stream', undefined, true],
    ['multipart/form-data; boundary=x', undefined, true],
    [undefined, undefined, true],
  ];
  for (const [type, encoding, isBase64Encoded] of bodies) {
    test(`passes a body of type ${type}, encoding ${encoding}, as ${isBase64Encoded ? 'base64' : 'text'}`, async () => {
      await withFunction(
        echo(event => [event.isBase64Encoded, event.body]),
        async url => {
          const headers = new Headers();
          if (type) headers.set('content-type', type);
          if (encoding) headers.set('content-encoding', encoding);
          const response = await fetch(url, { method: 'POST', headers, body: Buffer.from('h\u00ebllo') });
          const expected = Buffer.from('h\u00ebllo').toString(isBase64Encoded ? 'base64' : 'utf8');
          assert.deepEqual(await response.json(), [isBase64Encoded, expected]);
        },
      );
    });
  }

  test('has neither body nor query parameters when the request has none', async () => {
    await withFunction(
      echo(event => Object.keys(event)),
      async url => {
        const keys = (await (await fetch(url)).json()) as string[];
        assert.ok(!keys.includes('body') && !keys.includes('queryStringParameters') && !keys.includes('cookies'));
      },
    );
  });

  test('comes with a context that counts the time down', async () => {
    const handler = echo((event, context) => ({
      sameId: context.awsRequestId === event.requestContext.requestId,
      functionName: context.functionName,
      timeLeftMs: context.getRemainingTimeInMillis(),
    }));
    await withFunction(
      handler,
      async url => {
        const { sameId, functionName, timeLeftMs } = (await (await fetch(url)).json()) as Record<string, unknown>;
        assert.deepEqual([sameId, functionName], [true, 'gateway']);
        assert.ok(Number(timeLeftMs) > 4_000 && Number(timeLeftMs) <= 5_000);
      },
      { functionName: 'gateway', timeoutMs: 5_000 },
    );
  });
});

describe('streaming', () => {
  test('sends nothing before the first write, then status and headers at once, then every write', async () => {
    const steps = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
    ] as const;
    const handler: StreamingHandler = async (_event, responseStream) => {
      const stream = HttpResponseStream.from(responseStream, {
        statusCode: 201,
        headers: { 'Content-Type': 'text/event-stream', 'content-length': '5', connection: 'close' },
        cookies: ['a=1', 'b=2'],
      });
      await steps[0].promise;
      stream.write('');
      await steps[1].promise;
      stream.write('one');
      await steps[2].promise;
      stream.end('two');
    };
    await withFunction(handler, async url => {
      let isAnswered = false;
      const answered = fetch(url).then(response => {
        isAnswered = true;
        return response;
      });
      await delay(30);
      assert.equal(isAnswered, false);
      steps[0].resolve();
      const response = await answered;
      assert.equal(response.status, 201);
      assert.equal(response.headers.get('content-type'), 'text/event-stream');
      assert.equal(response.headers.get('content-length'), null);
      assert.equal(response.headers.get('connection'), 'keep-alive');
      assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
      const chunks = response.body?.getReader();
      steps[1].resolve();
      assert.equal(Buffer.from((await chunks?.read())?.value ?? '').toString(), 'one');
      steps[2].resolve();
      assert.equal(Buffer.from((await chunks?.read())?.value ?? '').toString(), 'two');
      assert.equal((await chunks?.read())?.done, true);
    });
  });

  test('holds the handler back while the client does not read', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    const handler: StreamingHandler = async (_event, stream) => {
      for (; written < 64; written += 1) if (!stream.write(chunk)) await once(stream, 'drain');
      stream.end();
    };
    await withFunction(handler, async url => {
      const response = await fetch(url);
      await delay(100);
      assert.ok(written < 40, `${written} MB were taken without a reader`);
      assert.equal((await response.arrayBuffer()).byteLength, 64 * chunk.length);
    });
  });

  test('does not tell the handler that its client has left, and lets it run to its end', async () => {
    const left = Promise.withResolvers<void>();
    const events: string[] = [];
    const finished = Promise.withResolvers<void>();
    const handler: StreamingHandler = async (_event, responseStream) => {
      const stream = HttpResponseStream.from(responseStream, { statusCode: 200 });
      for (const name of ['close', 'error']) stream.on(name, () => events.push(name));
      stream.write('first');
      await left.promise;
      for (let index = 0; index < 50; index += 1) if (!stream.write('x'.repeat(10_000))) await once(stream, 'drain');
      assert.deepEqual(events, []);
      stream.end();
      finished.resolve();
    };
    await withFunction(handler, async (url, reports) => {
      const abort = new AbortController();
      const response = await fetch(url, { signal: abort.signal });
      await response.body?.getReader().read();
      abort.abort();
      await delay(20);
      left.resolve();
      await finished.promise;
      assert.deepEqual(reports, []);
    });
  });

  test('keeps a connection for the next request', async () => {
    await withFunction(
      echo(() => 'ok'),
      async url => {
        const answer = await callRaw(
          url,
          'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        );
        assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 2);
      },
    );
  });

  test('sends a stream without a prelude as 200 with the content type that was set', async () => {
    const handler: StreamingHandler = async (_event, stream) => {
      (stream as unknown as { setContentType(type: string): void }).setContentType('text/plain');
      stream.end('plain');
    };
    await withFunction(handler, async url => {
      const response = await fetch(url);
      assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/plain']);
      assert.equal(await response.text(), 'plain');
    });
  });

  test('sends what is written in one turn of the event loop, and the end, in one system call', async () => {
    let calls = 0;
    const server = createServer((request, response) => {
      const { socket } = request;
      for (const name of ['_write', '_writev'] as const) {
        const original = socket[name]?.bind(socket) as (...args: unknown[]) => void;
        socket[name] = (...args: unknown[]) => {
          calls += 1;
          original(...args);
        };
      }
      const stream = new ResponseStream(response, assert.fail);
      HttpResponseStream.from(stream, { statusCode: 200 });
      stream.write('one, ');
      process.nextTick(() => {
        stream.write('two, ');
        queueMicrotask(() => stream.end('end'));
      });
    });
    const url = await listen(server, 0);
    try {
      assert.equal(await (await fetch(url)).text(), 'one, two, end');
      assert.equal(calls, 1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('gives the client its end before the work that follows', async () => {
    const bookkeeping = Promise.withResolvers<void>();
    const handler: StreamingHandler = async (_event, stream) => {
      stream.write('answer');
      stream.end();
      await bookkeeping.promise;
      throw new Error('bookkeeping failed');
    };
    await withFunction(handler, async (url, reports) => {
      assert.equal(await (await fetch(url)).text(), 'answer');
      bookkeeping.resolve();
      await delay(10);
      assert.match(reports[0] ?? '', /the handler failed: bookkeeping failed/);
    });
  });
});

describe('a handler that fails', () => {
  const prelude = { statusCode: 200, headers: { 'content-type': 'text/plain' } };
  const cases: [name: string, handler: StreamingHandler, report: RegExp][] = [
    [
      'throws before its first write',
      async () => {
        throw new Error('no luck');
      },
      /the handler failed: no luck/,
    ],
    [
      'throws after from() but before its first write',
      async (_event, stream) => {
        HttpResponseStream.from(stream, prelude);
        throw new Error('no luck');
      },
      /the handler failed: no luck/,
    ],
    ['resolves without end()', async () => {}, /resolved without end\(\)/],
    [
      'ends without a write, which would lose status and headers',
      async (_event, stream) => {
        HttpResponseStream.from(stream, prelude).end('text');
      },
      /end\(\) came before any write\(\)/,
    ],
    [
      'sets headers that cannot be sent',
      async (_event, responseStream) => {
        const stream = HttpResponseStream.from(responseStream, { headers: { 'x-a': 'line\nbreak' } });
        stream.write('x');
        stream.end();
      },
      /cannot be sent/,
    ],
    [
      'destroys its stream',
      async (_event, stream) => {
        stream.destroy(new Error('broken'));
      },
      /the response stream failed: broken/,
    ],
  ];
  for (const [name, handler, report] of cases) {
    test(`and ${name} is reported, and its client gets 502`, async () => {
      await withFunction(handler, async (url, reports) => {
        const response = await fetch(url);
        assert.equal(response.status, 502);
        await response.text();
        await delay(1);
        assert.match(reports.join('\n'), report);
      });
    });
  }

  for (const [name, finish] of [
    ['throws', () => Promise.reject(new Error('too late'))],
    ['does not end its stream', () => Promise.resolve()],
  ] as const) {
    test(`and ${name} after its first write leaves its client with a cut body`, async () => {
      const handler: StreamingHandler = async (_event, stream) => {
        stream.write('partial');
        await delay(10);
        await finish();
      };
      await withFunction(handler, async (url, reports) => {
        const response = await fetch(url);
        assert.equal(response.status, 200);
        await assert.rejects(response.text(), /terminated/);
        assert.equal(reports.length, 1);
      });
    });
  }

  test('and runs past its deadline is reported, and its answer is cut', async () => {
    const handler: StreamingHandler = async (_event, stream) => {
      await delay(60);
      stream.end();
    };
    await withFunction(
      handler,
      async (url, reports) => {
        assert.equal((await fetch(url)).status, 502);
        assert.match(reports[0] ?? '', /still running after 20 ms/);
      },
      { timeoutMs: 20 },
    );
  });
});

describe('an event over 6 MB', () => {
  const megabyte = 1024 * 1024;
  const refusing: StreamingHandler = async () => assert.fail('the handler was called');
  const upload = (body: RequestInit['body'], type = 'application/json'): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': type },
    body,
    duplex: 'half',
  });

  async function* chunksOf(bytes: number) {
    for (let sent = 0; sent < bytes; sent += megabyte) yield Buffer.alloc(megabyte, 'x');
  }

  const large: [name: string, request: () => RequestInit][] = [
    ['text of 6 MB', () => upload('x'.repeat(6 * megabyte))],
    ['5 MB of binary, which base64 makes larger', () => upload(Buffer.alloc(5 * megabyte), 'image/png')],
    ['4 MB of quotes, which JSON makes larger', () => upload('"'.repeat(4 * megabyte))],
    ['100 MB of known length', () => upload(Buffer.alloc(100 * megabyte))],
    ['100 MB in chunks', () => upload(ReadableStream.from(chunksOf(100 * megabyte)))],
  ];
  for (const [name, request] of large) {
    test(`is refused with 413 before the handler: ${name}`, async () => {
      await withFunction(refusing, async (url, reports) => {
        const response = await fetch(url, request());
        assert.equal(response.status, 413);
        const { error } = (await response.json()) as { error: Record<string, unknown> };
        assert.match(String(error.message), /larger than 6 MB/);
        assert.deepEqual([error.type, error.param, error.code], ['invalid_request_error', null, 'request_too_large']);
        assert.deepEqual(reports, []);
      });
    });
  }

  test('is what counts, not the body: 5.9 MB of text and 4.4 MB of binary pass', async () => {
    await withFunction(
      echo(event => event.body?.length),
      async url => {
        const text = await fetch(url, upload('x'.repeat(5.9 * megabyte)));
        assert.equal(await text.json(), Math.floor(5.9 * megabyte));
        const binary = await fetch(url, upload(Buffer.alloc(4.4 * megabyte), 'image/png'));
        assert.equal(binary.status, 200);
      },
    );
  });

  test('leaves the connection usable when the sender only reads after it has sent everything', async () => {
    await withFunction(
      echo(() => 'ok'),
      async url => {
        const body = 'x'.repeat(7 * megabyte);
        const answer = await callRaw(
          url,
          `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
            'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        );
        assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413', 'HTTP/1.1 200']);
      },
    );
  });
});

describe('serving', () => {
  test('listens on loopback only', async () => {
    await withFunction(
      echo(() => 'ok'),
      async url => assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/),
    );
  });

  test('says which port is taken', async () => {
    await withFunction(
      echo(() => 'ok'),
      async url => {
        const port = Number(new URL(url).port);
        await assert.rejects(
          serveFunctionUrl(async () => {}, { port }),
          new PortTakenError(port),
        );
      },
    );
  });

  test('closes when running requests have ended, bookkeeping included', async () => {
    let isSettled = false;
    const started = Promise.withResolvers<void>();
    const handler: StreamingHandler = async (_event, stream) => {
      started.resolve();
      await delay(30);
      stream.write('done');
      stream.end();
      await delay(30);
      isSettled = true;
    };
    const server = await serveFunctionUrl(handler);
    const answered = fetch(server.url).then(response => response.text());
    await started.promise;
    await server.close();
    assert.equal(isSettled, true);
    assert.equal(await answered, 'done');
    await assert.rejects(fetch(server.url));
  });

  test('cuts what still runs when the time to finish is over', async () => {
    const started = Promise.withResolvers<void>();
    const handler: StreamingHandler = async (_event, stream) => {
      stream.write('partial');
      started.resolve();
      await delay(300);
      stream.end();
    };
    const server = await serveFunctionUrl(handler, { drainMs: 20 });
    const answered = fetch(server.url).then(response => response.text());
    await started.promise;
    const cut = assert.rejects(answered, /terminated/);
    await server.close();
    await cut;
  });
});
