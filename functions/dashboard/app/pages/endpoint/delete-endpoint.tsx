import { api, type Endpoint } from '../../api.ts';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { toast } from '../../ui/toast.tsx';

export function DeleteEndpoint({
  endpoint,
  onClose,
  onDeleted,
}: {
  endpoint: Endpoint;
  onClose(): void;
  onDeleted(): void;
}) {
  return (
    <ConfirmDialog
      title={`Delete ${endpoint.slug}`}
      word={endpoint.slug}
      verb="Delete endpoint"
      act={async () => {
        await api.deleteEndpoint({ id: endpoint.id });
        toast(`Endpoint ${endpoint.slug} deleted`);
        onDeleted();
      }}
      onClose={onClose}
    >
      <p>
        Requests to it will be refused at once, and its keys open nothing any more. Its policy and all versions of it
        are gone for good; what was used and paid stays in the records.
      </p>
    </ConfirmDialog>
  );
}
