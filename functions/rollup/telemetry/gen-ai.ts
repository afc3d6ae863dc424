import { failureKind } from '../../store/failure-kind.ts';
import type { AttemptRecord, UsageRecord } from '../../store/usage.ts';

/**
 * The GenAI semantic conventions, which are still in development; names as of version 1.37 and later.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
const providerNames: Record<string, string> = { google: 'gcp.gemini' };

const operationNames: Record<string, string> = {
  'chat-completions': 'chat',
  responses: 'chat',
  messages: 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
  'count-tokens': 'count_tokens',
};

export const routes: Record<string, string> = {
  'chat-completions': '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
  'count-tokens': '/v1/messages/count_tokens',
};

/** Behind a provider's prefix clients may write any name, and every name makes a series of its own. */
const nameCharactersMax = 128;

export function operationOf({ surface }: UsageRecord): string {
  return operationNames[surface] ?? surface;
}

/** What every span and metric of one call says. */
export function callAttributes(record: UsageRecord, attempt: AttemptRecord, isServed: boolean) {
  return {
    'gen_ai.operation.name': operationOf(record),
    'gen_ai.provider.name': providerNames[attempt.provider] ?? attempt.provider.slice(0, nameCharactersMax),
    'gen_ai.request.model': attempt.model.slice(0, nameCharactersMax),
    'error.type': errorType(record, attempt, isServed),
  };
}

/** A status where there is one, else a word; undefined when all went well. */
function errorType({ outcome }: UsageRecord, attempt: AttemptRecord, isServed: boolean): string | undefined {
  if (attempt.failure === 'http') return String(attempt.status);
  if (attempt.failure !== undefined) return failureKind(attempt) === 'timeout' ? 'timeout' : attempt.failure;
  return isServed && outcome !== 'succeeded' ? outcome : undefined;
}
