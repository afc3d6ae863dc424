/** How much a policy may hold. Each bound keeps checking it, storing it or running it short. */
export const policyLimits = {
  /** The policy as text. */
  bytesMax: 256 * 1024,
  /** Text and checked form lie in one item of the Endpoints table with all else; DynamoDB takes 400 KB an item. */
  storedBytesMax: 380_000,
  /** Words, signs and runs of spaces as YAML counts them: what reading a document costs, a microsecond each. */
  tokensMax: 20_000,
  /** Lists and maps inside each other. */
  depthMax: 64,
  /** Entries of any one list or map. */
  entriesMax: 500,
  /** `${…}` parts in the whole policy; each is compiled. */
  templatesMax: 1_000,
  /** What is reported at once; someone reads it. */
  problemsMax: 100,

  rulesMax: 100,
  expressionsPerRuleMax: 32,
  actionsPerRuleMax: 32,
  expressionLengthMax: 4_096,

  providersMax: 100,
  modelsPerProviderMax: 500,
  keysPerProviderMax: 100,
  aliasesMax: 50,
  surfacesMax: 16,
  parametersMax: 100,
  featuresMax: 50,
  strategiesMax: 32,
  headersMax: 32,
  queryParametersMax: 32,

  nameLengthMax: 255,
  descriptionLengthMax: 1_024,
  urlLengthMax: 2_048,
  /** Header and query values, and provider keys: the longest keys are signed tokens of 2 KB. */
  valueLengthMax: 4_096,

  /** For `max_input_tokens` and `max_output_tokens`. */
  tokenLimitMax: 500_000,
  /** For a model's own limits. The largest context window today has 10 million tokens. */
  modelTokensMax: 100_000_000,
  /** Lambda ends a function after 15 minutes; the last 30 seconds are for settling what the answer cost. */
  timeoutMaxMs: 870_000,
} as const;
