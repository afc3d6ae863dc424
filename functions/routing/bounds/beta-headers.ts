import type { Model } from '../../core/catalog/catalog.ts';
import { unbounded } from './rules.ts';
import { storedContext } from './shared.ts';

/** Request headers as a provider gets them; names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** A client's headers with a policy's, which replace them; only the policy's may have capitals. */
export function mergeHeaders(client: Headers, policy: Readonly<Record<string, string>>): Headers {
  const lowerCase = Object.entries(policy).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...client, ...Object.fromEntries(lowerCase) };
}

interface Beta {
  /** How its name begins; dates follow. */
  prefix: string;
  why: string;
  /** Whether the catalog knows what it does to this model. */
  isPriced?(model: Model): boolean;
}

const atProvider = 'it lets tools run at the provider, at a price of their own';
const summaries = 'summaries are written beyond the output limit';
const otherModels = 'other models answer or help at their own prices';

/**
 * Beta features that change what a request costs. Others pass: most of them need a member or a tool in the body, where what
 * is not known is refused, and clients such as Claude Code name a dozen at a time.
 * @see https://platform.claude.com/docs/en/api/beta-headers
 */
const anthropicBetas: readonly Beta[] = [
  { prefix: 'fast-mode-', why: 'it costs more than the listed price' },
  {
    prefix: 'context-1m-',
    why: 'the price of so long a context is not listed for this model',
    isPriced: ({ contextWindow }) => contextWindow !== null && contextWindow >= 1_000_000,
  },
  {
    prefix: 'output-128k-',
    why: 'answers can be longer than the catalog says',
    isPriced: ({ outputTokensMax }) => outputTokensMax !== null && outputTokensMax >= 128_000,
  },
  { prefix: 'output-', why: 'answers can be longer than the catalog says' },
  { prefix: 'code-execution-', why: atProvider },
  { prefix: 'skills-', why: atProvider },
  { prefix: 'mcp-client-', why: atProvider },
  { prefix: 'mcp-tunnels-', why: atProvider },
  { prefix: 'managed-agents-', why: atProvider },
  { prefix: 'advisor-tool-', why: otherModels },
  { prefix: 'server-side-fallback-', why: otherModels },
  { prefix: 'fallback-credit-', why: otherModels },
  { prefix: 'compact-', why: summaries },
  { prefix: 'files-api-', why: storedContext },
  { prefix: 'message-threads-', why: storedContext },
  { prefix: 'agent-memory-', why: storedContext },
];

const openAiBetas: readonly Beta[] = [
  { prefix: 'responses_multi_agent', why: 'the agents write as much as they like' },
  { prefix: 'assistants', why: storedContext },
];

const betasOf: Record<string, readonly Beta[]> = { 'anthropic-beta': anthropicBetas, 'openai-beta': openAiBetas };

/** @throws GatewayError ERR_NGROK_3816 for a beta feature whose cost has no bound */
export function checkBetaHeaders(headers: Headers, model: Model): void {
  for (const [header, betas] of Object.entries(betasOf)) {
    for (const name of (headers[header] ?? '').split(',')) {
      const feature = name.trim().toLowerCase();
      const beta = betas.find(({ prefix }) => feature.startsWith(prefix));
      if (beta && !beta.isPriced?.(model)) throw unbounded(`${header}: ${feature}`, beta.why);
    }
  }
}
