import type { Endpoint } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { Button } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { Shown } from '../../ui/states.tsx';
import { Time } from '../../ui/values.tsx';

/** Somebody else saved a policy while this one was edited: nothing is lost until its writer decides. */
export function Conflict({
  mine,
  theirs,
  isBusy,
  onKeepMine,
  onTakeTheirs,
}: {
  mine: string;
  theirs: Endpoint;
  isBusy: boolean;
  onKeepMine(): void;
  onTakeTheirs(): void;
}) {
  const editor = useLoad(() => import('./editor/policy-editor.tsx'), []);
  return (
    <Card
      title="Somebody else changed this policy"
      actions={
        <>
          <Button onClick={onTakeTheirs}>Discard mine, take theirs</Button>
          <Button kind="danger" onClick={onKeepMine} isBusy={isBusy}>
            Save mine over theirs
          </Button>
        </>
      }
    >
      <p role="alert">
        Version {theirs.policy_version} was saved <Time at={theirs.updated_at} isAgo />, after you began to edit. Your
        text is kept below. This is what saving it would change of theirs; copy over what you want to keep, or open{' '}
        <a href={`/dashboard/endpoints/${theirs.id}/versions`}>Versions</a>, where theirs stays in any case.
      </p>
      <Shown of={editor}>
        {({ PolicyDiff }) => (
          <PolicyDiff label="What yours changes of theirs" before={theirs.traffic_policy} after={mine} />
        )}
      </Shown>
    </Card>
  );
}
