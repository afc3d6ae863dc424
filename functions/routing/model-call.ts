import { GatewayError } from '../core/errors.ts';
import { stringEnd } from '../core/json-edit.ts';
import type { Surface } from '../providers/surface.ts';

/** A request body, parsed once. */
export interface ModelCall {
  surface: Surface;
  /** The body exactly as sent. */
  text: string;
  body: Record<string, unknown>;
  /** What the client asked for, in order; empty when the gateway chooses. */
  modelNames: string[];
  streaming: boolean;
}

/** Names that leave the choice to the gateway. */
const automatic = new Set(['ngrok/auto', 'auto']);

/** @throws GatewayError ERR_NGROK_3801 for a body that is not a JSON object or whose model fields have the wrong type */
export function parseModelCall(bytes: Buffer, surface: Surface): ModelCall {
  const text = bytes.toString('utf8');
  const body = parseBody(text);
  const { model, models, stream } = body;
  if (model !== undefined && model !== null && typeof model !== 'string') throw badBody('"model" must be a string');
  if (models !== undefined && !isTextList(models)) throw badBody('"models" must be an array of strings');
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    throw badBody('"stream" must be a boolean');
  const named = [...(model ? [model] : []), ...(models ?? [])];
  if (named.length > namesMax) throw badBody(`it names ${named.length} models; name at most ${namesMax}`);
  if (named.some(name => name.length > nameLengthMax)) {
    throw badBody(`the name of a model has over ${nameLengthMax} characters`);
  }
  return {
    surface,
    text,
    body,
    modelNames:
      model && automatic.has(model.toLowerCase()) ? [] : named.filter(name => !automatic.has(name.toLowerCase())),
    streaming: stream === true,
  };
}

/** More models than anybody tries, and few enough to be answered for one by one. */
const namesMax = 100;
const nameLengthMax = 255;

/** Deeper than any API's own structure, and shallow enough for code that walks it to call itself. */
const depthMax = 200;

function parseBody(text: string): Record<string, unknown> {
  if (isDeeperThan(text, depthMax)) throw badBody(`it is nested more than ${depthMax} deep`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw badBody(`the body is not JSON: ${(error as SyntaxError).message.replace(/["'`].*$/s, '').trim()}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badBody('the body must be a JSON object');
  return body as Record<string, unknown>;
}

/** Whether brackets outside of strings open more than `depth` levels; the text need not be valid. */
function isDeeperThan(text: string, depth: number): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 34) {
      at = stringEnd(text, at) - 1;
      if (at === -1) return false;
    } else if (character === 91 || character === 123) {
      if (++open > depth) return true;
    } else if (character === 93 || character === 125) {
      open--;
    }
  }
  return false;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}

function badBody(reason: string): GatewayError {
  return new GatewayError('ERR_NGROK_3801', `The request body cannot be used: ${reason}`, {
    type: 'invalid_request_error',
  });
}
