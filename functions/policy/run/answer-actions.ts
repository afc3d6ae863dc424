import type { z } from 'zod';
import type { customResponse } from '../actions/custom-response.ts';
import type { deny } from '../actions/deny.ts';
import type { ActionRunner } from './compile-rules.ts';
import { wholeBody } from './policy-run.ts';
import { compileHeaders } from './render-headers.ts';

export const runCustomResponse: ActionRunner<z.output<typeof customResponse.config>> = (config, compiler) => {
  const body = compiler.template(config.body ?? '');
  const headers = compileHeaders(config.headers ?? {}, compiler);
  return run => {
    const text = run.renderText(body, compiler.label);
    return {
      status: config.status_code,
      headers: { ...(text !== '' && { 'content-type': guessType(text) }), ...headers(run) },
      body: wholeBody(text),
    };
  };
};

function guessType(text: string): string {
  const start = text.trimStart();
  if (/^[{[]/.test(start) && isJson(text)) return 'application/json';
  return /^<(!doctype html|html)\b/i.test(start) ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export const runDeny: ActionRunner<z.output<typeof deny.config>> =
  ({ status_code: status }) =>
  () => ({ status, headers: {}, body: wholeBody('') });
