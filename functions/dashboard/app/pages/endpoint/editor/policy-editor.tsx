import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'preact/hooks';
import schema from '../../../../../../docs/ai-gateway.schema.json';
import { suggest } from './complete-policy.ts';
import type { PlacedProblem } from './locate-problems.ts';
import { look } from './theme.ts';

export { locateProblems } from './locate-problems.ts';

/** What the page around an editor can ask of it. */
export interface EditorHandle {
  goTo(offset: number): void;
}

/** An editor in a shadow root, where its styles need no exception from the content security policy. */
function openEditor(place: HTMLElement, doc: string, label: string, extensions: Extension): EditorView {
  const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc,
      extensions: [
        lineNumbers(),
        yaml(),
        look,
        indentUnit.of('  '),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label }),
        extensions,
      ],
    }),
  });
}

const completion = autocompletion({
  icons: false,
  override: [
    ({ state, pos, explicit }) => {
      const found = suggest(state.doc.toString(), pos, schema);
      if (!found || found.options.length === 0 || (!explicit && found.from === pos && !isAfterKey(state, pos)))
        return null;
      const options = found.options.map(({ label, text, detail, info }) => ({
        label,
        apply: text,
        detail,
        ...(info !== '' && { info }),
      }));
      return { from: found.from, options, validFor: /^[\w.-]*$/ };
    },
  ],
});

/** Behind `type: ` suggestions come by themselves; on an empty line they would stand in the way. */
function isAfterKey(state: EditorState, position: number): boolean {
  const { from, text } = state.doc.lineAt(position);
  return /: $/.test(text.slice(0, position - from));
}

/**
 * YAML with the keys and values of policies, and their problems where they are.
 * @param text what it begins with; afterwards it is the editor's, because a page that answers each change with a text of
 * a moment ago would take back what was typed since. Another key begins anew.
 */
export function PolicyEditor({
  label,
  text,
  problems,
  isReadOnly,
  onChange,
  handle,
}: {
  label: string;
  text: string;
  problems: readonly PlacedProblem[];
  isReadOnly: boolean;
  onChange(text: string): void;
  handle: { current: EditorHandle | null };
}) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    if (!place.current) return;
    const writing = isReadOnly
      ? EditorState.readOnly.of(true)
      : [history(), closeBrackets(), bracketMatching(), highlightActiveLine(), completion];
    const view = openEditor(place.current, text, label, [
      writing,
      drawSelection(),
      lintGutter(),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
      EditorView.updateListener.of(update => update.docChanged && change.current(update.state.doc.toString())),
    ]);
    editor.current = view;
    handle.current = {
      goTo(offset) {
        view.dispatch({ selection: { anchor: Math.min(offset, view.state.doc.length) }, scrollIntoView: true });
        view.focus();
      },
    };
    return () => {
      handle.current = null;
      view.destroy();
    };
  }, [isReadOnly, label]);
  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const end = view.state.doc.length;
    const diagnostics = problems.map(({ from, to, message, code }) => ({
      from: Math.min(from, end),
      to: Math.min(to, end),
      severity: 'error' as const,
      message,
      source: code,
    }));
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [problems]);
  return <div ref={place} class="editor" />;
}

/** What one policy changes of another. */
export function PolicyDiff({ label, before, after }: { label: string; before: string; after: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const merge = unifiedMergeView({
      original: before,
      mergeControls: false,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    const view = openEditor(place.current, after, label, [EditorState.readOnly.of(true), merge]);
    return () => view.destroy();
  }, [before, after, label]);
  return <div ref={place} class="editor" />;
}
