import { isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { actionTypes, unsupportedActions } from '../policy/actions.ts';
import { adaptRateLimit, adaptSecretReads } from './adapt-config.ts';

/** One thing that was found in a document. */
export interface Finding {
  /** Where it is in the document as it was given: `on_http_request[0].actions[1]`. */
  path: string;
  what: string;
}

/** What becomes of a policy that was written for ngrok. */
export interface ImportReport {
  works: Finding[];
  adapted: Finding[];
  notSupported: (Finding & { remedy: string })[];
  /** Secrets that the policy reads, and that have to be here. */
  secrets: { vault: string; name: string }[];
  /** The policy after all that could be adapted; what is not supported is still in it. */
  trafficPolicy: string;
}

/** The phases as they were called before → now. */
const phaseNames = new Map([
  ['on_http_request', 'on_http_request'],
  ['on_http_response', 'on_http_response'],
  ['on_event_stream_message', 'on_event_stream_message'],
  ['on_tcp_connect', 'on_http_request'],
  ['inbound', 'on_http_request'],
  ['outbound', 'on_http_response'],
]);

const documentBytesMax = 256 * 1024;

/**
 * Says what works, what was adapted and what is not supported, and adapts the text; comments stay.
 * @returns what is wrong with the text when it is no policy at all
 */
export function importPolicy(text: string): ImportReport | { mistake: string } {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof RangeError) return { mistake: 'it is nested too deep' }; // the stack ended
    throw error;
  }
}

function read(text: string): ImportReport | { mistake: string } {
  if (Buffer.byteLength(text) > documentBytesMax) return { mistake: `it is over ${documentBytesMax} bytes` };
  const document = parseDocument(text, { uniqueKeys: false }); // comparing all keys with each other would take minutes for a hostile text
  const [error] = document.errors;
  if (error)
    return { mistake: `line ${error.linePos?.[0].line ?? 1}: ${error.code.toLowerCase().replaceAll('_', ' ')}` };
  if (!isMap(document.contents)) return { mistake: 'it is not a map of phases, which begins with "on_http_request:"' };
  const report: ImportReport = { works: [], adapted: [], notSupported: [], secrets: [], trafficPolicy: text };
  const phases = readPhases(document.contents, report);
  const emptied = new Set<unknown>();
  for (const { name, rules } of phases) {
    for (const [index, rule] of rules.items.entries()) {
      if (readRule(rule, `${name}[${index}]`, report)) emptied.add(rule);
    }
    rules.items = rules.items.filter(rule => !emptied.has(rule));
  }
  adaptSecretReads(document, report);
  arrangePhases(document.contents, phases, report);
  if (report.adapted.length > 0) report.trafficPolicy = document.toString({ lineWidth: 0 });
  return report;
}

interface ReadPhase {
  name: string;
  rules: YAMLSeq;
}

function readPhases(policy: YAMLMap, report: ImportReport): ReadPhase[] {
  return [...policy.items].flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '?';
    if (name === 'enabled') {
      readEnabled(policy, value, report);
      return [];
    }
    if (!phaseNames.has(name)) {
      report.notSupported.push({ path: name, what: 'no such phase', remedy: 'remove it' });
      return [];
    }
    if (!isSeq(value)) {
      report.notSupported.push({ path: name, what: 'not a list', remedy: 'begin each rule with "- actions:"' });
      return [];
    }
    return [{ name, rules: value }];
  });
}

/** A switch that policies once had. */
function readEnabled(policy: YAMLMap, value: unknown, report: ImportReport): void {
  if (isScalar(value) && value.value === true) {
    policy.delete('enabled');
    report.adapted.push({ path: 'enabled', what: 'removed: a policy is always on' });
  } else {
    const remedy = 'a policy is always on; remove the rules that shall not run, then this field';
    report.notSupported.push({ path: 'enabled', what: 'switches the policy off', remedy });
  }
}

/** @returns whether nothing is left of the rule */
function readRule(rule: unknown, path: string, report: ImportReport): boolean {
  if (!isMap(rule)) {
    report.notSupported.push({ path, what: 'not a rule', remedy: 'write "- actions:" with a list of actions' });
    return false;
  }
  const actions = rule.get('actions');
  if (!isSeq(actions)) return !readAction(rule, path, report);
  const written = actions.items.length;
  const rest = actions.items.filter((action, index) => {
    const actionPath = `${path}.actions[${index}]`;
    if (isMap(action)) return readAction(action, actionPath, report);
    report.notSupported.push({ path: actionPath, what: 'not an action', remedy: 'write "- type: …"' });
    return true;
  });
  actions.items = rest;
  return written > 0 && rest.length === 0;
}

/** Leaving them out changes nothing that anybody relies on. All others stay, so that a guard is never lost in silence. */
export const needlessActions: ReadonlySet<string> = new Set(['compress-response', 'terminate-tls']);

/** @returns whether it stays */
function readAction(action: YAMLMap, path: string, report: ImportReport): boolean {
  const type = String(action.get('type'));
  if (actionTypes.includes(type)) {
    report.works.push({ path, what: `action "${type}"` });
  } else if (needlessActions.has(type)) {
    report.adapted.push({ path, what: `action "${type}" removed: ${unsupportedActions.get(type)}` });
    return false;
  } else {
    const reason = unsupportedActions.get(type);
    const what = reason === undefined ? `there is no action "${type}"` : `action "${type}"`;
    report.notSupported.push({ path, what, remedy: reason ?? `use one of ${actionTypes.join(', ')}` });
  }
  if (type === 'rate-limit') adaptRateLimit(action, path, report);
  return true;
}

/** Puts every rule under the phase that its own is called now, those of connections first. */
function arrangePhases(policy: YAMLMap, phases: ReadPhase[], report: ImportReport): void {
  const isLast = ({ name }: ReadPhase) => name === 'on_tcp_connect';
  for (const { name, rules } of [...phases.filter(phase => !isLast(phase)), ...phases.filter(isLast)]) {
    const current = phaseNames.get(name) as string;
    const standing = policy.get(current);
    if (current === name || (standing !== undefined && !isSeq(standing))) continue;
    policy.delete(name);
    if (!isSeq(standing)) policy.set(current, rules);
    else if (name === 'on_tcp_connect') standing.items.unshift(...rules.items);
    else standing.items.push(...rules.items);
    const isOfConnections = name === 'on_tcp_connect';
    const what = isOfConnections
      ? `moved to the beginning of ${current}: connections end before us`
      : `renamed to ${current}`;
    report.adapted.push({ path: name, what });
  }
}
