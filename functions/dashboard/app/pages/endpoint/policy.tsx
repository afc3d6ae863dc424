import { useMemo, useRef, useState } from 'preact/hooks';
import { api, type Endpoint } from '../../api.ts';
import { useAction, useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { Button } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/page.tsx';
import { ErrorNote, Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import type { TabProps } from '../endpoint.tsx';
import { Conflict } from './conflict.tsx';
import { useDebounced } from './debounced.ts';
import { type Draft, useDraft } from './draft.ts';
import type { EditorHandle } from './editor/policy-editor.tsx';
import { isStale, revisionTag } from './names.ts';
import { ProblemList } from './problem-list.tsx';

const loadEditor = () => import('./editor/policy-editor.tsx');

export function Policy({ endpoint, onChanged }: TabProps) {
  const mayWrite = useMayWrite();
  const editor = useLoad(loadEditor, []);
  const [draft, setDraft] = useDraft(endpoint);
  const [theirs, setTheirs] = useState<Endpoint>();
  const [begun, setBegun] = useState(0);
  const handle = useRef<EditorHandle | null>(null);
  const text = draft?.text ?? endpoint.traffic_policy;
  const latest = useRef(text);
  latest.current = text;
  const check = useCheck(endpoint.id, text, draft !== undefined);
  const placed = useMemo(
    () => editor.data?.locateProblems(text, check.problems) ?? [],
    [editor.data, text, check.problems],
  );

  const save = useAction(async (base: Endpoint) => {
    const result = await savePolicy(endpoint.id, text, base);
    if ('theirs' in result) {
      setTheirs(result.theirs);
      return;
    }
    setDraft(toDraft(latest.current, undefined, result.saved)); // what was typed meanwhile
    setTheirs(undefined);
    onChanged(result.saved);
    toast(`Policy saved as version ${result.saved.policy_version}`);
  });
  const discard = () => {
    setDraft(undefined);
    setTheirs(undefined);
    setBegun(begun + 1);
    save.clear();
  };

  return (
    <>
      {theirs && draft && (
        <Conflict
          mine={draft.text}
          theirs={theirs}
          isBusy={save.isBusy}
          onKeepMine={() => save.run(theirs)}
          onTakeTheirs={() => {
            onChanged(theirs);
            discard();
          }}
        />
      )}
      <Card
        title={draft ? `Version ${endpoint.policy_version}, edited` : `Version ${endpoint.policy_version}`}
        actions={
          mayWrite && (
            <>
              <CheckState isEdited={draft !== undefined} check={check} />
              {draft && <Button onClick={discard}>Discard</Button>}
              <Button
                kind="primary"
                disabled={!draft || check.problems.length > 0 || theirs !== undefined}
                isBusy={save.isBusy}
                onClick={() => draft && save.run(draft.base)}
              >
                Save
              </Button>
            </>
          )
        }
      >
        <Shown of={editor}>
          {({ PolicyEditor }) => (
            <PolicyEditor
              key={begun}
              label="Traffic policy"
              text={text}
              problems={placed}
              isReadOnly={!mayWrite}
              onChange={changed => setDraft(toDraft(changed, draft, endpoint))}
              handle={handle}
            />
          )}
        </Shown>
        {check.error !== undefined && <ErrorNote error={check.error} retry={check.reload} />}
        {save.error !== undefined && <ErrorNote error={save.error} />}
        <ProblemList problems={placed} onPick={({ from }) => handle.current?.goTo(from)} />
        {mayWrite && (
          <p class="muted small">
            Ctrl+Space suggests keys and values. <a href={`/dashboard/endpoints/${endpoint.id}/explain`}>Explain</a>{' '}
            tries a request on what is written here before you save it.
          </p>
        )}
      </Card>
    </>
  );
}

function toDraft(text: string, draft: Draft | undefined, endpoint: Endpoint): Draft | undefined {
  const base = draft?.base ?? endpoint;
  return text === base.traffic_policy ? undefined : { text, base };
}

/** Asks what is wrong with an edited policy whenever its writer pauses. */
function useCheck(id: string, text: string, isEdited: boolean) {
  const settled = useDebounced(text, 400);
  const isAsked = isEdited || settled !== text;
  const [last, setLast] = useState<{ text: string; problems: { code: string; path: string; message: string }[] }>();
  const asked = useLoad(async () => {
    if (!isAsked) return;
    const { problems } = await api.validateEndpoint({ id, body: { traffic_policy: settled } });
    setLast({ text: settled, problems });
  }, [id, settled, isAsked]);
  const problems = useMemo(() => (isEdited ? (last?.problems ?? []) : []), [isEdited, last]);
  return { problems, isChecked: last?.text === text, error: asked.error, reload: asked.reload };
}

function CheckState({ isEdited, check }: { isEdited: boolean; check: ReturnType<typeof useCheck> }) {
  const count = check.problems.length;
  const said = !isEdited
    ? ''
    : count > 0
      ? `${count === 1 ? '1 problem' : `${count} problems`} to fix before it can be saved`
      : check.isChecked
        ? 'No problems'
        : 'Checking…';
  return (
    <span class={`check-state ${count > 0 ? 'problem' : 'muted'}`} role="status">
      {count > 0 && <Icon name="warning" />}
      {said}
    </span>
  );
}

/** @returns what stands there instead when somebody else changed the policy since `base` */
async function savePolicy(
  id: string,
  text: string,
  base: Endpoint,
): Promise<{ saved: Endpoint } | { theirs: Endpoint }> {
  try {
    const body = { traffic_policy: text };
    return { saved: await api.updateEndpoint({ id, body, ifMatch: revisionTag(base) }) };
  } catch (error) {
    if (!isStale(error)) throw error;
    const theirs = await api.getEndpoint({ id });
    // Only something beside the policy was changed, which saving it leaves alone.
    return theirs.traffic_policy === base.traffic_policy ? savePolicy(id, text, theirs) : { theirs };
  }
}
