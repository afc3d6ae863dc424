import { datadogSites } from '../../../../events/targets/datadog-sites.ts';
import { api, type EventDestination, type EventDestinationCreate } from '../../api.ts';
import { FormDialog } from '../../ui/dialog.tsx';
import { Field, useFields } from '../../ui/form.tsx';
import { DescriptionField, MetadataField } from '../manage-fields.tsx';
import { addressOf, kindOf, type TargetKind, targetNames } from './targets.ts';

type Target = EventDestinationCreate['target'];

const arnFields: Partial<Record<TargetKind, { label: string; example: string }>> = {
  cloudwatch_logs: {
    label: 'ARN of the log group',
    example: 'arn:aws:logs:eu-central-1:123456789012:log-group:tollgate',
  },
  firehose: {
    label: 'ARN of the delivery stream',
    example: 'arn:aws:firehose:eu-central-1:123456789012:deliverystream/tollgate',
  },
  eventbridge: {
    label: 'ARN of the event bus',
    example: 'arn:aws:events:eu-central-1:123456789012:event-bus/tollgate',
  },
};

/** Names a place that events go to, or changes one. */
export function DestinationDialog({
  destination,
  onClose,
  onDone,
}: {
  destination?: EventDestination;
  onClose(): void;
  onDone(): void;
}) {
  const { values, bind } = useFields({
    kind: destination ? kindOf(destination) : 'webhook',
    address: destination && !destination.target.datadog ? addressOf(destination) : '',
    secret: '',
    site: destination?.target.datadog?.ddsite ?? 'datadoghq.com',
    service: destination?.target.datadog?.service ?? '',
    tags: destination?.target.datadog?.ddtags ?? '',
    description: destination?.description ?? '',
    metadata: destination?.metadata ?? '',
  });
  const kind = values.kind as TargetKind;
  const arn = arnFields[kind];
  const isSameKind = destination !== undefined && kindOf(destination) === kind;
  const act = async () => {
    const body = { target: toTarget(kind, values), description: values.description, metadata: values.metadata };
    if (destination) await api.updateEventDestination({ id: destination.id, body });
    else await api.createEventDestination({ body });
    onDone();
  };
  return (
    <FormDialog
      title={destination ? 'Edit destination' : 'Add a destination'}
      verb={destination ? 'Save' : 'Add destination'}
      act={act}
      onClose={onClose}
    >
      <DescriptionField bound={bind('description')} placeholder="What it is for" />
      <Field label="Kind">
        <select {...bind('kind')}>
          {Object.entries(targetNames).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </Field>
      {kind === 'webhook' && (
        <>
          <Field label="URL" hint="Events are POSTed there over https.">
            <input {...bind('address')} type="url" required placeholder="https://example.com/events" />
          </Field>
          <Field
            label="Signing secret"
            hint={
              isSameKind && destination.target.webhook?.signed
                ? 'Empty: the present one stays. It is never shown.'
                : 'At least 16 characters, which sign each delivery. Empty: nothing is signed.'
            }
          >
            <input {...bind('secret')} type="password" minLength={16} maxLength={255} autocomplete="new-password" />
          </Field>
        </>
      )}
      {arn && (
        <Field label={arn.label} hint="The deployment has to allow it: name it in -c eventTargetArns=… too.">
          <input {...bind('address')} required placeholder={arn.example} spellcheck={false} />
        </Field>
      )}
      {kind === 'datadog' && (
        <>
          <div class="field-pair">
            <Field label="Site">
              <select {...bind('site')}>
                {datadogSites.map(site => (
                  <option key={site}>{site}</option>
                ))}
              </select>
            </Field>
            <Field label="API key" hint={isSameKind ? 'Empty: the present one stays.' : 'Never shown again.'}>
              <input {...bind('secret')} type="password" required={!isSameKind} autocomplete="new-password" />
            </Field>
          </div>
          <div class="field-pair">
            <Field label="Service">
              <input {...bind('service')} maxLength={100} placeholder="tollgate" />
            </Field>
            <Field label="Tags">
              <input {...bind('tags')} maxLength={1000} placeholder="env:production" />
            </Field>
          </div>
        </>
      )}
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}

function toTarget(
  kind: TargetKind,
  { address, secret, site, service, tags }: Record<'address' | 'secret' | 'site' | 'service' | 'tags', string>,
): Target {
  switch (kind) {
    case 'webhook':
      return { webhook: { url: address, ...(secret && { secret }) } };
    case 'datadog': {
      const described = { ...(service && { service }), ...(tags && { ddtags: tags }) };
      return {
        datadog: { ddsite: site as (typeof datadogSites)[number], ...(secret && { api_key: secret }), ...described },
      };
    }
    case 'cloudwatch_logs':
      return { cloudwatch_logs: { log_group_arn: address } };
    case 'firehose':
      return { firehose: { delivery_stream_arn: address } };
    case 'eventbridge':
      return { eventbridge: { event_bus_arn: address } };
  }
}
