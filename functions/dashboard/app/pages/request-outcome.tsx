import { Badge } from '../ui/values.tsx';

const outcomes: Record<string, { name: string; tone: 'good' | 'warn' | 'bad'; why: string }> = {
  succeeded: { name: 'succeeded', tone: 'good', why: 'The client got a whole answer' },
  failed: { name: 'failed', tone: 'bad', why: 'The client got an error in place of an answer' },
  stream_failed: { name: 'stream broke off', tone: 'bad', why: 'The answer had begun; what was delivered is charged' },
  abandoned: { name: 'abandoned', tone: 'warn', why: 'The function that ran it died; nothing is charged' },
};

/** How a request ended. @param isQuiet leaves out what its status says already */
export function Outcome({ of, isQuiet = false }: { of: string; isQuiet?: boolean }) {
  if (isQuiet && (of === 'succeeded' || of === 'failed')) return null;
  const { name, tone, why } = outcomes[of] ?? { name: of, tone: 'warn', why: of };
  return (
    <span title={why}>
      <Badge tone={tone}>{name}</Badge>
    </span>
  );
}
