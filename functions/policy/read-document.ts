import { Composer, CST, type ErrorCode, isMap, isScalar, isSeq, Lexer, Parser, type Scalar, type YAMLMap } from 'yaml';
import { policyLimits } from './limits.ts';
import { isSecret, type Path, type PolicyProblem, problem, show } from './problems.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/**
 * Reads YAML, and so JSON, into plain values. Takes what JSON can say and refuses the rest of YAML, which either
 * surprises its writer or exists to exhaust its reader: anchors and aliases, tags, directives, merge keys, several
 * documents, duplicate keys. Nesting and size are bounded before anything recurses or is built.
 * @returns the value (null for an empty document), or everything that is wrong with the text
 */
export function readDocument(text: string): { value: JsonValue } | { problems: PolicyProblem[] } {
  const parsed = checkText(text) ?? parse(text);
  if ('problem' in parsed) return { problems: [parsed.problem] };
  const { contents, mistakes } = compose(parsed.tokens);
  if (mistakes.length > 0) {
    return {
      problems: firstMistakes(mistakes, text).map(({ offset, code }) =>
        syntax(text, offset, explain(code, text, offset)),
      ),
    };
  }
  const reading: Reading = { problems: [], templates: 0 };
  const value = toValue(contents, [], reading);
  if (reading.templates > policyLimits.templatesMax) {
    const message = `the policy has ${reading.templates} \${…} parts; ${policyLimits.templatesMax} is the most`;
    reading.problems.push(problem('ERR_NGROK_2218', [], message));
  }
  return reading.problems.length > 0 ? { problems: reading.problems } : { value };
}

interface Reading {
  problems: PolicyProblem[];
  /** `${…}` parts so far. */
  templates: number;
}

function checkText(text: string): { problem: PolicyProblem } | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes > policyLimits.bytesMax) {
    const message = `the policy has ${bytes} bytes; ${policyLimits.bytesMax} is the most`;
    return { problem: problem('ERR_NGROK_2221', [], message) };
  }
  const bad = /[^\t\n\r\x20-\x7e\x80-\uffff]/.exec(text);
  if (bad) return { problem: syntax(text, bad.index, `control character ${escapeOf(bad[0])}; remove it`) };
  if (!text.isWellFormed()) return { problem: problem('ERR_NGROK_2236', [], 'the text is not valid Unicode') };
  return undefined;
}

function escapeOf(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What YAML has and a policy has not, by the token that begins it. */
const refusedTokens: Partial<Record<string, string>> = {
  anchor: '"&" begins an anchor; write the value out where it is needed, or put a text that begins with "&" in quotes',
  alias: '"*" begins an alias; write the value out, or put a text that begins with "*" in quotes',
  tag: '"!" begins a tag; remove it, or put a text that begins with "!" in quotes',
  'directive-line': '"%" begins a directive; remove the line',
};

/** Words and signs, then the tree of them; stops at the first bound or at the first thing that is refused. */
function parse(text: string): { tokens: CST.Token[] } | { problem: PolicyProblem } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    const kind: string | null = isContent ? 'content' : CST.tokenType(lexeme);
    isContent = kind === 'scalar';
    const refusal = refusedTokens[kind ?? ''];
    if (refusal) return { problem: syntax(text, parser.offset, refusal) };
    if (count > policyLimits.tokensMax) {
      const message = `the policy has over ${policyLimits.tokensMax} words and signs; shorten it`;
      return { problem: problem('ERR_NGROK_2218', [], message) };
    }
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > policyLimits.depthMax) {
      const message = `lists and maps are nested over ${policyLimits.depthMax} deep; nest them less`;
      return { problem: syntax(text, parser.offset, message) };
    }
  }
  tokens.push(...parser.end());
  return { tokens };
}

interface Mistake {
  offset: number;
  code: ErrorCode;
}

/** Builds the nodes. Keys are compared by `toValue`: the composer would compare each with each. */
function compose(tokens: CST.Token[]): { contents: unknown; mistakes: Mistake[] } {
  const [document, another] = tokens.filter(token => token.type === 'document');
  const stray = tokens.filter(token => token.type === 'error');
  const mistakes: Mistake[] = stray.map(({ offset }) => ({ offset, code: 'UNEXPECTED_TOKEN' }));
  if (another) mistakes.push({ offset: another.offset, code: 'MULTIPLE_DOCS' });
  if (!document) return { contents: null, mistakes };
  const composer = new Composer({ uniqueKeys: false });
  // Its own handler makes an error with a stack trace for each of what may be a hundred thousand mistakes.
  Object.assign(composer, {
    onError(source: number | number[] | { offset: number }, code: ErrorCode) {
      const [offset = 0] = Array.isArray(source) ? source : [typeof source === 'number' ? source : source.offset];
      mistakes.push({ offset, code });
      if (mistakes.length >= mistakesMax) throw new RangeError('too many mistakes');
    },
  });
  try {
    const [composed] = composer.compose([document]);
    for (const { pos, code } of composed?.errors ?? []) mistakes.push({ offset: pos[0], code });
    return { contents: composed?.contents, mistakes };
  } catch (error) {
    if (mistakes.length < mistakesMax) throw error;
    return { contents: null, mistakes };
  }
}

/** Enough to see that a text is not worth reading further. */
const mistakesMax = 100;

/** The first of each line, and few: what follows is mostly a consequence. */
function firstMistakes(mistakes: Mistake[], text: string): Mistake[] {
  const first: Mistake[] = [];
  for (const mistake of mistakes.sort((a, b) => a.offset - b.offset)) {
    const previous = first.at(-1);
    if (previous && !text.slice(previous.offset, mistake.offset).includes('\n')) continue;
    if (first.push(mistake) === 5) break;
  }
  return first;
}

function syntax(text: string, offset: number, message: string): PolicyProblem {
  const before = text.slice(0, offset).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return problem('ERR_NGROK_2236', [], `line ${before.length}, column ${column}: ${message}`);
}

/** The parser's own messages quote the text, which may hold keys. */
const explanations: Record<ErrorCode, string> = {
  ALIAS_PROPS: 'aliases are not taken; write the value out',
  BAD_ALIAS: 'aliases are not taken; write the value out',
  BAD_COLLECTION_TYPE: 'tags are not taken; remove it',
  BAD_DIRECTIVE: 'directives are not taken; remove the line',
  BAD_DQ_ESCAPE:
    'in double quotes a backslash begins an escape, and this one is unknown; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT:
    'the indentation does not fit the lines above, or a bracket is not closed; begin all entries of a list or map in the same column',
  BAD_PROP_ORDER: 'anchors and tags are not taken; remove them',
  BAD_SCALAR_START: 'a text cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a list or map cannot begin on the line of its key; put it on the next line, indented',
  BLOCK_IN_FLOW: 'entries with "- " or on lines of their own cannot be inside [] or {}; separate them by commas',
  DUPLICATE_KEY: 'this key was given before; remove one of them',
  IMPOSSIBLE: 'a comment stands where it cannot; move it to a line of its own',
  KEY_OVER_1024_CHARS: 'a key may have 1024 characters; shorten it',
  MISSING_CHAR: 'something is missing: a ":" with a space after it, a comma, or the end of a quote or bracket',
  MULTILINE_IMPLICIT_KEY: 'a key is over several lines; a ":" may be missing, or the value needs quotes',
  MULTIPLE_ANCHORS: 'anchors are not taken; remove them',
  MULTIPLE_DOCS: 'only one document is taken; remove what follows',
  MULTIPLE_TAGS: 'tags are not taken; remove them',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: 'lists and maps are nested too deep; nest them less',
  TAB_AS_INDENT: 'a tab indents this line; use spaces',
  TAG_RESOLVE_FAILED: 'tags are not taken; remove it',
  UNEXPECTED_TOKEN: 'this does not belong here; check quotes, brackets and indentation',
};

function explain(code: ErrorCode, text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd);
  const hint = line.includes('${') ? '; put a text with ${…} in quotes' : '';
  return `${explanations[code]}${hint}`;
}

function toValue(node: unknown, path: Path, reading: Reading): JsonValue {
  if (isMap(node)) return toMap(node, path, reading);
  if (isSeq(node)) {
    if (!isWithinEntriesMax(node.items, path, reading)) return [];
    return node.items.map((item, index) => toValue(item, [...path, index], reading));
  }
  return isScalar(node) ? toScalar(node, path, reading) : null;
}

function toMap(map: YAMLMap, path: Path, reading: Reading): { [key: string]: JsonValue } {
  const value: { [key: string]: JsonValue } = {};
  if (!isWithinEntriesMax(map.items, path, reading)) return value;
  for (const { key: node, value: entry } of map.items) {
    const key = toKey(node);
    if (key === undefined) {
      reading.problems.push(problem('ERR_NGROK_2236', path, 'a key must be a text; write "name: value"'));
    } else if (key === '__proto__') {
      reading.problems.push(
        problem('ERR_NGROK_2203', [...path, key], '"__proto__" cannot be a field; use another name'),
      );
    } else if (key === '<<') {
      reading.problems.push(
        problem('ERR_NGROK_2236', [...path, key], 'merge keys are not taken; write the fields out'),
      );
    } else if (Object.hasOwn(value, key)) {
      reading.problems.push(problem('ERR_NGROK_2236', [...path, key], 'this key is there twice; remove one of them'));
    } else {
      value[key] = toValue(entry, [...path, key], reading);
    }
  }
  return value;
}

/** Keys are taken as they are written: `1` and `yes` are texts here. */
function toKey(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  return node.source === '' && node.value === null ? undefined : (node.source ?? String(node.value));
}

function toScalar({ value, source = '' }: Scalar, path: Path, reading: Reading): JsonValue {
  if (typeof value === 'string') reading.templates += value.split('${').length - 1;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  const shown = isSecret(path) ? 'this' : show(source);
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    reading.problems.push(problem('ERR_NGROK_2204', path, `${shown} is not a number that JSON knows; write another`));
    return null;
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.e]/i.test(source)) {
    reading.problems.push(problem('ERR_NGROK_2204', path, `${shown} is too large to be exact; put it in quotes`));
  }
  return value;
}

function isWithinEntriesMax(items: unknown[], path: Path, reading: Reading): boolean {
  if (items.length <= policyLimits.entriesMax) return true;
  const message = `has ${items.length} entries; ${policyLimits.entriesMax} is the most`;
  reading.problems.push(problem('ERR_NGROK_2218', path, message));
  return false;
}
