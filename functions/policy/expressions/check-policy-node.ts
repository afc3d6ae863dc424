import type { ASTNode } from 'cel-js';
import type { Phase } from '../action.ts';
import { type Call, callOf, fieldOf, loopBodies } from './ast.ts';
import { errorAt } from './error-at.ts';
import { hashFormats, hashNames } from './macros/hash.ts';
import { responseFunctions } from './macros/http.ts';
import { noRange } from './macros/network.ts';
import { stringMacros } from './macros/strings.ts';
import { readRange } from './macros/text-kinds.ts';
import { noTimeZone, timeNames } from './macros/time.ts';
import { quote } from './quote.ts';
import { pathOf, refuseUnknownFacts } from './unknown-facts.ts';

interface Place {
  phase: Phase;
  variables: readonly string[];
}

/** Refuses what can be seen to fail, or never to be true. @throws ExpressionError */
export function checkPolicyNode(node: ASTNode, place: Place): void {
  refuseUnknownFacts(node);
  const field = fieldOf(node);
  if (field) checkHeaderName(field.of, field.name, node);
  if (node.op === 'in' && typeof textOf(node.args[0]) === 'string') {
    checkHeaderName(node.args[1], textOf(node.args[0]) as string, node);
  }
  if (node.op === '==' || node.op === '!=') {
    const [left, right] = node.args;
    if (textOf(right) !== undefined) refuseList(left);
    if (textOf(left) !== undefined) refuseList(right);
  }
  const call = callOf(node);
  if (call?.receiver && textFunctions.has(call.name)) refuseList(call.receiver);
  if (call) checkCall(call, node, place);
}

const lists = new Set(['req.headers', 'res.headers', 'req.cookies', 'res.cookies', 'req.url.query_params']);

const textFunctions = new Set([
  ...['matches', 'contains', 'startsWith', 'endsWith', 'indexOf', 'lastIndexOf', 'substring', 'trim', 'split'],
  ...stringMacros.map(({ signature }) => /^string\.(\w+?)_?\(/.exec(signature)?.[1] ?? ''),
]);

/** A header, cookie or query parameter is taken for a text, and is a list of them. */
function refuseList(node: ASTNode): void {
  const of = node.op === '.' || node.op === '[]' ? pathOf(node.args[0]) : undefined;
  if (of === undefined || !lists.has(of)) return;
  const written = node.input.slice(node.range.start, node.range.end);
  throw errorAt('type', `${quote(written)} is a list of values; write ${quote(`${written}[0]`)}`, node);
}

const headers = new Set(['req.headers', 'res.headers']);

function checkHeaderName(of: ASTNode, name: string, node: ASTNode): void {
  const path = headers.has(pathOf(of) ?? '') ? pathOf(of) : undefined;
  if (path === undefined || name === name.toLowerCase()) return;
  const remedy = `write ${path}['${name.toLowerCase()}']`;
  throw errorAt('type', `names of headers are in lower case here, so ${quote(name)} never matches; ${remedy}`, node);
}

function checkCall(call: Call, node: ASTNode, { phase, variables }: Place): void {
  const [first, second] = call.args;
  const isLoop = loopBodies(call).length > 0 || (call.name === 'bind' && call.args.length === 3);
  if (isLoop && first?.op === 'id' && variables.includes(first.args)) {
    throw errorAt('type', `${quote(first.args)} is the name of a variable already; name the element otherwise`, first);
  }
  if (phase === 'on_http_request' && !call.receiver && responseFunctions.includes(call.name)) {
    const remedy = 'move it into a rule of on_http_response';
    throw errorAt('type', `"${call.name}" cannot be called before there is an answer; ${remedy}`, node);
  }
  if (hashNames.includes(call.name)) checkHashFormat(call);
  if (call.receiver && timeNames.includes(call.name)) checkTimeZone(first);
  if (call.name === 'inCidrRange') checkRange(second);
  if (call.name === 'inCidrRanges' && second?.op === 'list') for (const range of second.args) checkRange(range);
}

function checkHashFormat({ receiver, args }: Call): void {
  const isNamespace = receiver?.op === 'id' && receiver.args === 'hash';
  const format = isNamespace ? args[1] : args[0];
  const text = textOf(format);
  if (format && text !== undefined && text !== 'hex' && text !== 'base64') {
    throw errorAt('type', `${hashFormats}, not as ${quote(text)}`, format);
  }
}

function checkTimeZone(zone: ASTNode | undefined): void {
  const text = textOf(zone);
  if (!zone || text === undefined || /^[+-]?\d{2}:\d{2}$/.test(text)) return;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
  } catch {
    throw errorAt('type', `${quote(text)}: ${noTimeZone}`, zone);
  }
}

function checkRange(range: ASTNode | undefined): void {
  const text = textOf(range);
  if (range && text !== undefined && !readRange(text)) throw errorAt('type', `${quote(text)} ${noRange}`, range);
}

function textOf(node: ASTNode | undefined): string | undefined {
  return node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}
