import { type Document, isMap, isScalar, visit, type YAMLMap } from 'yaml';
import type { ImportReport } from './import-policy.ts';

const seconds: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The window of `rate-limit` is at least a minute; a limit for a second is sixty of them for a minute. */
const shortestWindowSeconds = 60;

/** Guides write `rate: 100/min`, which the action's own reference does not have: it takes a capacity and a window. */
export function adaptRateLimit(action: YAMLMap, path: string, report: ImportReport): void {
  const config = action.get('config');
  if (!isMap(config)) return;
  const rate = String(config.get('rate') ?? '');
  const match = /^\s*(\d{1,9})\s*\/\s*(s|m|h|d)(?:ec|econd|in|inute|r|our|ay)?s?\s*$/i.exec(rate);
  if (!match) return;
  const window = seconds[(match[2] as string).toLowerCase()] as number;
  const factor = window < shortestWindowSeconds ? shortestWindowSeconds / window : 1;
  const capacity = Number(match[1]) * factor;
  config.set('capacity', capacity);
  config.set('rate', `${window * factor}s`);
  if (!config.has('algorithm')) config.set('algorithm', 'sliding_window');
  report.adapted.push({
    path: `${path}.config.rate`,
    what: `"${rate}" became capacity ${capacity} and rate ${window * factor}s`,
  });
}

const secretRead = /secrets\.get\(\s*(["'])([^"']+)\1\s*(?:,\s*(["'])([^"']+)\3\s*)?\)/g;

/** Some guides read secrets by name alone; here that is the vault "default", and the adapted text says so. */
export function adaptSecretReads(document: Document, report: ImportReport): void {
  const found = new Map<string, { vault: string; name: string }>();
  visit(document, {
    Scalar(_key, node, path) {
      if (typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(secretRead, (text, quote, first, _other, second) => {
        const secret = second === undefined ? { vault: 'default', name: first } : { vault: first, name: second };
        found.set(`${secret.vault}\n${secret.name}`, secret);
        if (second !== undefined) return text;
        const where = path.flatMap(step => ('key' in step && isScalar(step.key) ? [String(step.key.value)] : []));
        report.adapted.push({ path: where.join('.'), what: `secret "${first}" is read from the vault "default"` });
        return `secrets.get(${quote}default${quote}, ${quote}${first}${quote})`;
      });
    },
  });
  report.secrets.push(...found.values());
}
