import { useState } from 'preact/hooks';
import { type AuditEvent, api } from '../../api.ts';
import { useLoad, usePages } from '../../load.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { More, Table } from '../../ui/table.tsx';
import { Badge, Facts, Time } from '../../ui/values.tsx';
import { Cut, Moment } from '../manage-fields.tsx';

const tones = {
  changed: 'good',
  unchanged: 'plain',
  refused: 'warn',
  failed: 'bad',
  unknown: 'bad',
} as const satisfies Record<AuditEvent['outcome'], string>;

/** Who changed what, newest first. */
export function AuditTab() {
  const events = usePages(async before_id => {
    const page = await api.listAuditEvents({ query: { limit: 50, ...(before_id && { before_id }) } });
    return { items: page.audit_events, more: page.next_page_uri !== null };
  }, []);
  // Names of keys are a courtesy: a key that was deleted, or is another account's, shows by its id.
  const keys = useLoad(() => api.listApiKeys({ query: { limit: 100 } }), []);
  const nameOf = (id: string) => keys.data?.api_keys.find(key => key.id === id)?.description || undefined;
  const [shown, setShown] = useState<AuditEvent>();
  return (
    <Card title="Audit log">
      <p class="muted">Every change that was asked for through the management API, also those that were refused.</p>
      <Shown of={events}>
        {list =>
          list.length === 0 ? (
            <Empty title="No changes yet">Whoever changes something appears here, with what became of it.</Empty>
          ) : (
            <Table
              label="Audit log"
              rows={list}
              keyOf={event => event.id}
              columns={[
                { name: 'Time', cell: ({ created_at }) => <Moment at={created_at} /> },
                {
                  name: 'Change',
                  cell: event => (
                    <button type="button" class="link" onClick={() => setShown(event)} title={event.operation}>
                      {toWords(event.operation)}
                    </button>
                  ),
                },
                { name: 'Outcome', cell: ({ outcome }) => <Badge tone={tones[outcome]}>{outcome}</Badge> },
                {
                  name: 'By',
                  isExtra: true,
                  cell: ({ actor: { api_key_id: id, role } }) => (
                    <div class="named">
                      <Cut text={id === null ? 'Stripe' : (nameOf(id) ?? id)} />
                      {id !== null && <span class="muted small">{role}</span>}
                    </div>
                  ),
                },
                {
                  name: 'Object',
                  isExtra: true,
                  cell: ({ object_id }) => (object_id ? <Cut text={object_id} isMono /> : <span class="muted">–</span>),
                },
              ]}
            />
          )
        }
      </Shown>
      <More of={events} />
      {shown && <Details of={shown} nameOf={nameOf} onClose={() => setShown(undefined)} />}
    </Card>
  );
}

function Details({
  of: event,
  nameOf,
  onClose,
}: {
  of: AuditEvent;
  nameOf(id: string): string | undefined;
  onClose(): void;
}) {
  const { actor } = event;
  const dash = <span class="muted">–</span>;
  return (
    <Dialog title={toWords(event.operation)} onClose={onClose} isWide>
      <Facts
        facts={[
          ['Time', <Time key="at" at={event.created_at} />],
          [
            'Outcome',
            <Badge key="outcome" tone={tones[event.outcome]}>
              {event.outcome}
            </Badge>,
          ],
          ['Status', event.status_code ?? dash],
          ['By', actor.api_key_id ? (nameOf(actor.api_key_id) ?? actor.api_key_id) : 'Stripe'],
          ['Key', actor.api_key_id ?? dash],
          ['Role', actor.role],
          ['Of account', actor.account_id ?? dash],
          ['From', event.source_ip],
          ['Request', `${event.method} ${event.path}`],
          ['Object', event.object_id ?? dash],
          ['Operation', event.operation_id],
          ...(event.error_code ? [['Error', event.error_code] as const] : []),
          ...(event.note ? [['Note', event.note] as const] : []),
        ]}
      />
      <Facts
        facts={[
          ['Digest before', <Digest key="before" of={event.before_digest} />],
          ['Digest after', <Digest key="after" of={event.after_digest} />],
        ]}
      />
      <p class="hint">Digests tell whether an object is as it was, without showing it.</p>
    </Dialog>
  );
}

function Digest({ of: digest }: { of: string | null }) {
  return digest === null ? <span class="muted">–</span> : <span class="mono">{digest}</span>;
}

/** `createAiGatewayApiKey` is `Create AI gateway API key`. */
function toWords(operation: string): string {
  const special = { createDashboardSession: 'Sign in', deleteDashboardSession: 'Sign out' }[operation];
  if (special) return special;
  const words = operation
    .replace(/([A-Z])/g, ' $1')
    .toLowerCase()
    .replace(/\bai\b/g, 'AI')
    .replace(/\bapi\b/g, 'API');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
