import { z } from 'zod';
import { keyStrategyMistake, modelStrategyMistake } from './check-expressions.ts';
import {
  atMost,
  bodyFields,
  headerName,
  json,
  modelTokens,
  name,
  providerName,
  refuse,
  templateValue,
  text,
  timeout,
  tokenLimit,
} from './config-fields.ts';
import { policyLimits } from './limits.ts';

const displayName = text(policyLimits.nameLengthMax).describe('A name for people.');
const description = text(policyLimits.descriptionLengthMax).describe('What it is, for people.');
const metadata = z
  .record(z.string(), json)
  .describe('Anything that strategies want to know. Never sent to a provider; read it as m.metadata.');

const parameters = z
  .array(z.union([name, z.strictObject({ name: name.describe('A top-level field of the request.') })]))
  .max(policyLimits.parametersMax);

function parameterNames(written: z.output<typeof parameters>): string[] {
  return written.map(parameter => (typeof parameter === 'string' ? parameter : parameter.name));
}

const modality = z.enum(['text', 'image', 'audio', 'video', 'file']);

const model = z
  .strictObject({
    id: name.describe('The name that is sent to the provider.'),
    id_aliases: z
      .array(name)
      .max(policyLimits.aliasesMax)
      .optional()
      .describe('Other names that clients may use. None may be the name of another model of this provider.'),
    author_id: name.optional().describe('Who made the model, where that is not the provider.'),
    display_name: displayName.optional(),
    description: description.optional(),
    disabled: z.boolean().optional().describe('Whether the model is taken out of use. Default: false.'),
    metadata: metadata.optional(),
    input_modalities: z.array(modality).max(8).optional().describe('What the model takes.'),
    output_modalities: z.array(modality).max(8).optional().describe('What the model gives.'),
    max_context_window: modelTokens.optional().describe('Input and output together, in tokens.'),
    max_output_tokens: modelTokens.optional().describe('The longest answer, in tokens.'),
    supported_features: z
      .array(name)
      .max(policyLimits.featuresMax)
      .optional()
      .describe('For strategies, such as tool-calling, reasoning, vision, coding.'),
    unsupported_params: parameters
      .transform(parameterNames)
      .optional()
      .describe('Top-level fields of the request that are removed before it is sent to this model.'),
  })
  .meta({
    id: 'model',
    description: 'A model that the provider offers beside those of the catalog, or more about one of those.',
  });

const surface = z
  .strictObject({
    format: z.enum(['openai', 'anthropic']).describe('The API that it speaks.'),
    surface: z
      .enum(['chat-completions', 'responses', 'messages'])
      .optional()
      .describe('One path of that API: messages belongs to anthropic, the others to openai.'),
    supported_params: parameters
      .transform(parameterNames)
      .optional()
      .describe(
        'Needs surface. All other top-level fields of a request are removed. Empty or absent: none is removed.',
      ),
  })
  .describe('An API that the provider speaks.');

const provider = z
  .strictObject({
    id: providerName.describe('A provider of the catalog, or a name for one of your own. Case does not matter.'),
    id_aliases: z
      .array(providerName)
      .max(policyLimits.aliasesMax)
      .optional()
      .describe('Other names for use before the colon of provider:model.'),
    base_url: text(policyLimits.urlLengthMax)
      .meta({ format: 'uri' })
      .optional()
      .describe(
        'Where the API is. Required for providers outside the catalog. https, or http for hosts that end in .internal.',
      ),
    display_name: displayName.optional(),
    description: description.optional(),
    website: text(policyLimits.urlLengthMax).optional().describe('Where people read more.'),
    disabled: z.boolean().optional().describe('Whether the provider is taken out of use. Default: false.'),
    metadata: metadata.optional(),
    api_keys: z
      .array(
        z.strictObject({
          value: templateValue({ isHeader: true, isSecret: true })
            .min(1)
            .describe("A secret such as ${secrets.get('vault', 'name')}, or the key itself."),
        }),
      )
      .max(policyLimits.keysPerProviderMax)
      .optional()
      .describe("Your own keys for it, tried in this order. Without any, the caller's key or a managed one is used."),
    models: z
      .array(model)
      .max(policyLimits.modelsPerProviderMax)
      .optional()
      .describe('Models beside those that the catalog has for it.'),
    supported_api_surfaces: z
      .array(surface)
      .max(policyLimits.surfacesMax)
      .optional()
      .describe('The APIs that it speaks. Default: what the catalog says, openai for providers of your own.'),
  })
  .meta({ id: 'provider', description: 'A provider to configure or to add.' });

const modelStrategy = text(policyLimits.expressionLengthMax).superRefine((source, context) => {
  const mistake = modelStrategyMistake(source);
  if (mistake) refuse(context, mistake.code, mistake.message);
});

const keyStrategy = text(policyLimits.expressionLengthMax).superRefine((source, context) => {
  const mistake = keyStrategyMistake(source);
  if (mistake) refuse(context, mistake.code, mistake.message);
});

/** The `config` of an `ai-gateway` action, as written in a policy. `checkProviders` has the rules between fields. */
export const aiGatewaySchema = z.strictObject({
  max_input_tokens: tokenLimit
    .optional()
    .describe('The largest request, in tokens as the gateway counts them. Default: no limit.'),
  max_output_tokens: tokenLimit.optional().describe('The longest answer, in tokens. Default: no limit.'),
  headers: z
    .record(headerName, templateValue({ isHeader: true, isSecret: false }))
    .superRefine(atMost(policyLimits.headersMax))
    .optional()
    .describe('Headers to add to every provider call. ${…} parts are CEL.'),
  query_params: z
    .record(text(policyLimits.nameLengthMax), templateValue({ isHeader: false, isSecret: false }))
    .superRefine(atMost(policyLimits.queryParametersMax))
    .optional()
    .describe('Query parameters to add to every provider call. ${…} parts are CEL.'),
  body: bodyFields
    .optional()
    .describe("Top-level fields to set in every JSON request, in place of the client's. ${…} parts are CEL."),
  on_error: z
    .enum(['halt', 'continue'])
    .default('halt')
    .describe('When every attempt failed: answer with the error, or go on to the next action.'),
  total_timeout: timeout
    .prefault('6m')
    .describe('The most that all attempts may take together, such as "90s" or "1m30s". At most 14m30s.'),
  per_request_timeout: timeout
    .prefault('3m')
    .describe('The most that one attempt may take before the next is made. At most 14m30s.'),
  providers: z
    .array(provider)
    .max(policyLimits.providersMax)
    .prefault([])
    .describe('Providers to configure or to add. Empty: those of the catalog.'),
  only_allow_configured_providers: z
    .boolean()
    .default(false)
    .describe('Whether only the providers listed here may be used.'),
  only_allow_configured_models: z
    .boolean()
    .default(false)
    .describe('Whether only the models listed under providers may be used.'),
  model_selection: z
    .strictObject({
      strategy: z
        .array(modelStrategy)
        .min(1)
        .max(policyLimits.strategiesMax)
        .describe('CEL expressions over ai.models; the first that gives a model decides which models may be tried.'),
    })
    .optional()
    .describe('Which models may answer.'),
  api_key_selection: z
    .strictObject({
      strategy: z
        .array(keyStrategy)
        .min(1)
        .max(policyLimits.strategiesMax)
        .describe('CEL expressions over ai.keys; the first that gives a key decides which keys are tried.'),
    })
    .optional()
    .describe("Which of a provider's api_keys are tried, and in which order. Default: all, as listed."),
});

/** The same after parsing, with defaults filled in; timeouts in milliseconds. */
export type AiGatewayConfig = z.output<typeof aiGatewaySchema>;
export type ProviderConfig = AiGatewayConfig['providers'][number];
export type ModelConfig = NonNullable<ProviderConfig['models']>[number];
export type SurfaceConfig = NonNullable<ProviderConfig['supported_api_surfaces']>[number];
