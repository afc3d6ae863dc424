import type { IncomingMessage, ServerResponse } from 'node:http';
import { openEncryptedFile } from './encrypted-file.ts';
import { readBody } from './function-event.ts';
import { type RunningServer, serveHttp } from './http-server.ts';
import { reportToStderr } from './lambda-runtime.ts';
import { refuseWebPages } from './refuse-web-pages.ts';
import { runOperation } from './secret-operations.ts';
import { type Secret, SecretsError } from './secret-state.ts';

/** Far more than the largest value in base64. */
const requestBytesMax = 1024 * 1024;

/**
 * Starts a stand-in for Secrets Manager that speaks its JSON protocol (`x-amz-target: secretsmanager.…`). What it has
 * answered is on disk, encrypted.
 * @param options.folder of its two files, which one process at a time may use: lock it first with `lockDataFolder`;
 * in memory without one
 * @throws EncryptedFileError
 */
export async function startSecrets(options: { folder?: string; now?: () => number } = {}): Promise<RunningServer> {
  const { folder, now = Date.now } = options;
  const file = folder === undefined ? undefined : openEncryptedFile<Secret[]>(folder);
  let secrets = file?.value ?? [];

  const run = (request: IncomingMessage, body: Buffer): object => {
    const operation = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '');
    const { answer, changed } = runOperation(operation, parse(body), secrets, now() / 1000);
    if (changed) {
      file?.write(changed);
      secrets = changed;
    }
    return answer;
  };

  return serveHttp(
    async (request, response) => {
      if (refuseWebPages(request, response)) return;
      const body = await readBody(request, requestBytesMax);
      if (body === 'aborted') return;
      try {
        if (body === 'too_large')
          throw new SecretsError('ValidationException', `a request has at most ${requestBytesMax} bytes`);
        send(response, 200, run(request, body));
      } catch (error) {
        sendError(response, error);
      }
    },
    { drainMs: 1_000 },
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new SecretsError('SerializationException', 'the request is not JSON');
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof SecretsError) {
    send(response, 400, { __type: error.name, Message: error.message });
    return;
  }
  reportToStderr('the local Secrets Manager failed', error);
  send(response, 500, { __type: 'InternalServiceError', Message: 'An error occurred on the server side.' });
}

function send(response: ServerResponse, status: number, answer: object): void {
  const text = JSON.stringify(answer);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
