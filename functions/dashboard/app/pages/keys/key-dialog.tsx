import { type AiGatewayApiKey, type AiGatewayApiKeyCreated, api, type Endpoint } from '../../api.ts';
import { FormDialog } from '../../ui/dialog.tsx';
import { Field, useFields } from '../../ui/form.tsx';
import { DescriptionField, ExpiryField, expiryFrom, MetadataField, toExpiry, UsdField } from '../manage-fields.tsx';

type Period = 'total' | 'daily' | 'monthly';

/** Makes a gateway key, or changes one. */
export function KeyDialog({
  endpoints,
  gatewayKey,
  onClose,
  onCreated,
  onChanged,
}: {
  endpoints: readonly Endpoint[];
  /** The key to change. */
  gatewayKey?: AiGatewayApiKey;
  onClose(): void;
  onCreated?(key: AiGatewayApiKeyCreated): void;
  onChanged?(key: AiGatewayApiKey): void;
}) {
  const limit = gatewayKey?.spend_limit;
  const expiry = expiryFrom(gatewayKey?.expires_at ?? null);
  const { values, bind } = useFields({
    description: gatewayKey?.description ?? '',
    metadata: gatewayKey?.metadata ?? '',
    endpointId: gatewayKey?.endpoint.id ?? endpoints[0]?.id ?? '',
    limitUsd: limit?.amount_usd ?? '',
    period: limit?.period ?? 'monthly',
    ...expiry,
  });
  const act = async () => {
    const spendLimit = values.limitUsd && { amount_usd: values.limitUsd, period: values.period as Period };
    const shared = {
      description: values.description,
      metadata: values.metadata,
      endpoint_id: values.endpointId,
    };
    if (!gatewayKey) {
      const expires_at = toExpiry(values) ?? undefined;
      const body = { ...shared, ...(spendLimit && { spend_limit: spendLimit }), ...(expires_at && { expires_at }) };
      onCreated?.(await api.createAiGatewayApiKey({ body }));
      return;
    }
    // A time that is left as it was is not sent: the input knows it to the second only, and it may have passed.
    const isSameTime = values.expiry === expiry.expiry && values.expiresOn === expiry.expiresOn;
    const body = { ...shared, spend_limit: spendLimit || null, ...(!isSameTime && { expires_at: toExpiry(values) }) };
    onChanged?.(await api.updateAiGatewayApiKey({ id: gatewayKey.id, body }));
  };
  return (
    <FormDialog
      title={gatewayKey ? 'Edit key' : 'Create a gateway key'}
      verb={gatewayKey ? 'Save' : 'Create key'}
      act={act}
      onClose={onClose}
    >
      <DescriptionField bound={bind('description')} placeholder="Which application uses it" />
      <Field label="Endpoint" hint="The key works on this endpoint and on no other.">
        <select {...bind('endpointId')} required>
          {endpoints.map(endpoint => (
            <option key={endpoint.id} value={endpoint.id}>
              {endpoint.description ? `${endpoint.slug} (${endpoint.description})` : endpoint.slug}
            </option>
          ))}
        </select>
      </Field>
      <div class="field-pair">
        <UsdField
          label="Spend limit (USD)"
          hint="Empty: no limit but the balance."
          bound={bind('limitUsd')}
          placeholder="none"
        />
        <Field label="Per">
          <select {...bind('period')}>
            <option value="daily">day (UTC)</option>
            <option value="monthly">month (UTC)</option>
            <option value="total">lifetime of the key</option>
          </select>
        </Field>
      </div>
      <ExpiryField values={values} bind={bind} />
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}
