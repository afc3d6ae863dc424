import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { httpRequest } from '../actions/http-request.ts';
import type { ActionCompiler, ActionRunner } from './compile-rules.ts';
import { type CallAnswer, callFollowing } from './follow-redirects.ts';
import { CallFailed, type OutgoingCall, type PolicyRun } from './policy-run.ts';
import { readJson } from './read-json.ts';
import { compileHeaders } from './render-headers.ts';

const triesMax = 3;

/** How much of an answer expressions can read as text; JSON they read whole. */
const textLengthMax = 65_536;

type Config = z.output<typeof httpRequest.config>;
type Call = Omit<OutgoingCall, 'timeoutMs'>;

/** What one try gave, as expressions see it. */
interface Attempt {
  req: object;
  res: object;
  error: { code: string; message: string };
}

export const runHttpRequest: ActionRunner<Config> = (config, compiler) => {
  const render = compileCall(config, compiler);
  const retry = config.retry_condition === undefined ? () => false : compiler.retryCondition(config.retry_condition);
  return async run => {
    const call = render(run);
    const endMs = run.services.now() + config.timeout;
    const timeLeftMs = () => endMs - run.services.now();
    let attempts = 0;
    let last: Attempt;
    do {
      attempts++;
      last = await tryCall(call, config, timeLeftMs, run);
      run.note('http-request', { ...last, attempts });
    } while (attempts < triesMax && timeLeftMs() > 0 && retry(run, { attempts, lastAttempt: { ...last } }));
    if (last.error.code === '') return undefined;
    run.services.report(`${compiler.label}: ${last.error.message}`, undefined);
    if (config.on_error === 'continue') return undefined;
    const message = `What ${compiler.label} asks did not agree or did not answer: ${last.error.message}`;
    throw new GatewayError('policy_dependency_failed', message, { retryAfterSeconds: 1 });
  };
};

/** @returns what fills the call in; throws ERR_NGROK_2238 where that is no URL */
function compileCall(config: Config, compiler: ActionCompiler): (run: PolicyRun) => Call {
  const url = compiler.template(config.url);
  const parameters = config.query_params.map(({ key, value }) => ({ key, value: compiler.template(value) }));
  const headers = compileHeaders(config.headers, compiler);
  const body = config.body === undefined ? undefined : compiler.template(config.body);
  return run => {
    const address = run.renderText(url, compiler.label);
    if (!URL.canParse(address)) {
      throw new GatewayError('ERR_NGROK_2238', `What url of ${compiler.label} gives is not a URL`);
    }
    const filledIn = new URL(address);
    for (const { key, value } of parameters) filledIn.searchParams.append(key, run.renderText(value, compiler.label));
    const text = body && run.renderText(body, compiler.label);
    return { url: filledIn, method: config.method, headers: headers(run), body: text };
  };
}

async function tryCall(call: Call, config: Config, timeLeftMs: () => number, run: PolicyRun): Promise<Attempt> {
  const req = { method: call.method, url: call.url.href };
  try {
    const answer = await callFollowing(call, config.max_redirects, timeLeftMs, run.services);
    const isRefusal = answer.status >= 400;
    const message = `${answer.url.host} answered with status ${answer.status}`;
    const error = isRefusal ? { code: 'status', message } : { code: '', message: '' };
    return { req, res: toResult(answer), error };
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    return {
      req,
      res: { status_code: 0, headers: {}, body: '' },
      error: { code: 'no_answer', message: error.message },
    };
  }
}

function toResult({ status, headers, body }: CallAnswer): object {
  const text = body.toString('utf8');
  const json = /^application\/(json|[\w.+-]+\+json)\b/i.test(headers['content-type'] ?? '')
    ? readJson(text)
    : undefined;
  return {
    status_code: status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: text.slice(0, textLengthMax),
    ...(json !== undefined && { json }),
  };
}
