import { isMap, isNode, isScalar, isSeq, type Node, parseDocument } from 'yaml';

export interface Problem {
  code: string;
  /** `on_http_request[0].actions[0].config.providers[1].id`; empty for the document as a whole. */
  path: string;
  message: string;
}

/** A problem and where it is in the text. */
export interface PlacedProblem extends Problem {
  /** From 1. */
  line: number;
  from: number;
  to: number;
}

/** Finds problems in the text that they are about, or in one that was edited since; each at least on its nearest line. */
export function locateProblems(text: string, problems: readonly Problem[]): PlacedProblem[] {
  const root = parseDocument(text, { uniqueKeys: false, logLevel: 'silent' }).contents;
  return problems
    .map(problem => {
      const from = offsetOf(problem, root, text);
      const end = text.indexOf('\n', from);
      const to = from + text.slice(from, end === -1 ? undefined : end).trimEnd().length;
      return { ...problem, message: withSubject(problem), line: text.slice(0, from).split('\n').length, from, to };
    })
    .sort((one, other) => one.from - other.from);
}

/** `is required and missing` says nothing without the field that it is about. */
function withSubject({ path, message }: Problem): string {
  const field = readPath(path).at(-1);
  return field !== undefined && /^(is|has|must|needs) /.test(message) ? `${field} ${message}` : message;
}

function offsetOf({ path, message }: Problem, root: Node | null, text: string): number {
  const place = path === '' ? /^line (\d+), column (\d+): /.exec(message) : null;
  if (place) {
    const lines = text.split('\n').slice(0, Number(place[1]) - 1);
    const start = lines.reduce((sum, line) => sum + line.length + 1, 0);
    return Math.min(start + Number(place[2]) - 1, text.length);
  }
  let node = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of readPath(path)) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === part);
      if (!pair) break;
      offset = (isNode(pair.key) && pair.key.range?.[0]) || offset;
      node = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(node)) {
      const entry = node.items[Number(part)];
      if (!isNode(entry)) break;
      node = entry;
      offset = entry.range?.[0] ?? offset;
    } else break;
  }
  return Math.min(offset, text.length);
}

/** `a[0].b["c d"]` → `a`, `0`, `b`, `c d` */
export function readPath(path: string): string[] {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(
    ([, index, quoted, plain]) => index ?? quoted ?? plain ?? '',
  );
}
