import {
  type BoundRow,
  contextWindow,
  definedTool,
  formatInstructions,
  pixels,
  type RefusedRow,
  toolInstructions,
} from './row.ts';

const surface = 'messages' as const;
const message = (members: object = {}) => ({
  model: 'plain',
  max_tokens: 20,
  messages: [{ role: 'user', content: 'Hi' }],
  ...members,
});
const blocks = (...content: unknown[]) => message({ messages: [{ role: 'user', content }] });
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixels } };
const imageTokens = 1_000 - pixels.length;
const document = (source: object, more: object = {}) => ({ type: 'document', source, ...more });
const weather = { name: 'weather', input_schema: { type: 'object' } };
const beta = (name: string) => ({ 'anthropic-beta': name });

export const messagesRows: BoundRow[] = [
  { name: 'the client’s limit', surface, body: message(), output: 20 },
  { name: 'a picture', surface, body: blocks({ type: 'text', text: 'What?' }, image), beyond: imageTokens, output: 20 },
  {
    name: 'a picture’s address',
    surface,
    body: blocks({ type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } }),
    beyond: 1_000,
    output: 20,
  },
  {
    name: 'a document',
    surface,
    body: blocks(document({ type: 'base64', media_type: 'application/pdf', data: pixels })),
    beyond: contextWindow - pixels.length,
    output: 20,
  },
  {
    name: 'a document of plain text',
    surface,
    body: blocks(document({ type: 'text', media_type: 'text/plain', data: 'words' })),
    output: 20,
  },
  {
    name: 'a document of blocks',
    surface,
    body: blocks(document({ type: 'content', content: [{ type: 'text', text: 'a' }, image] })),
    beyond: imageTokens,
    output: 20,
  },
  {
    name: 'a document to cite is cut into nobody knows how many pieces',
    surface,
    body: blocks(document({ type: 'text', data: 'words' }, { citations: { enabled: true } })),
    beyond: contextWindow,
    output: 20,
  },
  {
    name: 'search results of the client’s own',
    surface,
    body: blocks({ type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] }),
    output: 20,
  },
  {
    name: 'thoughts and redacted thoughts',
    surface,
    body: message({
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
            { type: 'redacted_thinking', data: 'eA==' },
          ],
        },
      ],
    }),
    output: 20,
  },
  {
    name: 'a tool call and its result with a picture',
    surface,
    body: message({
      messages: [
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 't', name: 'weather', input: { type: 'image', ort: 'Köln' } }],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [image, { type: 'text', text: 'x' }] }],
        },
      ],
    }),
    beyond: imageTokens + 4,
    output: 20,
  },
  {
    name: 'tools',
    surface,
    body: message({ tools: [weather, { type: 'custom', ...weather }], tool_choice: { type: 'any' } }),
    beyond: toolInstructions,
    output: 20,
  },
  {
    name: 'tools that the client runs',
    surface,
    body: message({
      tools: [
        { type: 'bash_20250124', name: 'bash' },
        { type: 'text_editor_20250728', name: 'e' },
        { type: 'memory_20250818', name: 'm' },
        { type: 'computer_20251124', name: 'c' },
      ],
    }),
    beyond: toolInstructions + 4 * definedTool,
    output: 20,
  },
  {
    name: 'a schema',
    surface,
    body: message({ output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } } }),
    beyond: formatInstructions,
    output: 20,
  },
  {
    name: 'every input token may be written to a cache',
    surface,
    body: { ...message({ cache_control: { type: 'ephemeral' } }), model: 'caching' },
    output: 20,
    prices: [2n, 10n],
  },
  {
    name: 'for an hour, if asked to',
    surface,
    body: {
      ...message({ system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] }),
      model: 'caching',
    },
    output: 20,
    prices: [3n, 10n],
  },
  {
    name: 'edits that make the prompt shorter',
    surface,
    body: message({ context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }),
    output: 20,
  },
  {
    name: 'a million tokens of context, where the catalog knows them',
    surface,
    body: { ...message(), model: 'long' },
    headers: beta('context-1m-2025-08-07'),
    output: 20,
  },
  {
    name: 'betas of coding clients',
    surface,
    body: message(),
    headers: beta('claude-code-20250219,fine-grained-tool-streaming-2025-05-14,context-management-2025-06-27'),
    output: 20,
  },
  {
    name: 'everything else',
    surface,
    body: message({
      system: 'Be brief',
      metadata: { user_id: 'u' },
      stop_sequences: ['x'],
      stream: true,
      temperature: 1,
      top_k: 1,
      top_p: 1,
      service_tier: 'standard_only',
      speed: 'standard',
      inference_geo: 'global',
      mcp_servers: [],
      container: null,
    }),
    output: 20,
  },
];

export const refusedMessagesRows: RefusedRow[] = [
  ...[
    'web_search_20250305',
    'web_fetch_20250910',
    'code_execution_20250825',
    'advisor_20260301',
    'tool_search_tool_regex_20251119',
    'mcp_toolset',
    'bash_29990101',
  ].map(
    (type): RefusedRow => ({
      name: `the tool ${type}`,
      surface,
      body: message({ tools: [{ type, name: 'x' }] }),
      code: '3816',
      says: `a tool of type "${type}": it may run at the provider`,
    }),
  ),
  {
    name: 'servers of tools',
    surface,
    body: message({ mcp_servers: [{ type: 'url', url: 'https://x.example' }] }),
    code: '3816',
    says: '"mcp_servers"',
  },
  {
    name: 'a container',
    surface,
    body: message({ container: 'c_1' }),
    code: '3816',
    says: 'containers have a price of their own',
  },
  { name: 'a fast answer', surface, body: message({ speed: 'fast' }), code: '3816', says: 'speed "fast"' },
  {
    name: 'a dearer region',
    surface,
    body: message({ inference_geo: 'us' }),
    code: '3816',
    says: 'inference_geo "us"',
  },
  { name: 'other models', surface, body: message({ fallbacks: 'default' }), code: '3816', says: 'Name it in "models"' },
  { name: 'a stored thread', surface, body: message({ thread: { type: 'create' } }), code: '3816', says: '"thread"' },
  {
    name: 'another payer',
    surface,
    body: message({ billing_policy: { type: 'billing_policy' } }),
    code: '3816',
    says: '"billing_policy": it chooses who pays',
  },
  {
    name: 'summaries',
    surface,
    body: message({ context_management: { edits: [{ type: 'compact_20260112' }] } }),
    code: '3816',
    says: 'an edit of the context of type "compact_20260112"',
  },
  {
    name: 'a task’s budget',
    surface,
    body: message({ output_config: { task_budget: { total: 1 } } }),
    code: '3816',
    says: '"task_budget" in "output_config"',
  },
  {
    name: 'a stored picture',
    surface,
    body: blocks({ type: 'image', source: { type: 'file', file_id: 'f' } }),
    code: '3816',
    says: '"file_id"',
  },
  {
    name: 'a stored document',
    surface,
    body: blocks(document({ type: 'file', file_id: 'f' })),
    code: '3816',
    says: '"file_id"',
  },
  {
    name: 'a document behind an address',
    surface,
    body: blocks(document({ type: 'url', url: 'https://x.example/a.pdf' })),
    code: '3816',
    says: 'a document behind an address',
  },
  {
    name: 'results of searches',
    surface,
    body: blocks({ type: 'web_search_tool_result', content: [] }),
    code: '3816',
    says: 'a content block of type "web_search_tool_result"',
  },
  {
    name: 'a tool that is added on the way',
    surface,
    body: blocks({ type: 'tool_addition' }),
    code: '3816',
    says: '"tool_addition"',
  },
  {
    name: 'a result that refers to tools',
    surface,
    body: blocks({ type: 'tool_result', content: [{ type: 'tool_reference', tool_name: 'x' }] }),
    code: '3816',
    says: 'a block of a tool result of type "tool_reference"',
  },
  {
    name: 'tools in a message',
    surface,
    body: message({ messages: [{ role: 'system', content: 'x', tools: [], tool_changes: [1] }] }),
    code: '3816',
    says: 'in a message',
  },
  {
    name: 'a tier that Anthropic chooses',
    surface,
    body: message({ service_tier: 'auto' }),
    code: '3815',
    says: 'send "standard_only"',
  },
  {
    name: 'fast mode as a beta',
    surface,
    body: message(),
    headers: beta('fast-mode-2026-02-01'),
    code: '3816',
    says: 'anthropic-beta: fast-mode-2026-02-01',
  },
  {
    name: 'a million tokens, where the catalog does not know them',
    surface,
    body: message(),
    headers: beta('x-1,context-1m-2025-08-07'),
    code: '3816',
    says: 'the price of so long a context',
  },
  {
    name: 'longer answers than the catalog knows',
    surface,
    body: message(),
    headers: beta('output-128k-2025-02-19'),
    code: '3816',
    says: 'answers can be longer',
  },
  ...[
    'files-api-2025-04-14',
    'mcp-client-2025-11-20',
    'code-execution-2025-08-25',
    'skills-2025-10-02',
    'advisor-tool-2026-03-01',
    'server-side-fallback-2026-07-01',
    'output-300k-2026-03-24',
  ].map(
    (name): RefusedRow => ({
      name: `the beta ${name}`,
      surface,
      body: message(),
      headers: beta(name),
      code: '3816',
      says: name,
    }),
  ),
];
