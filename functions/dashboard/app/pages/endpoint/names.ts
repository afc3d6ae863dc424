import { ManagementApiError } from '../../api.ts';
import { useSession } from '../../session.tsx';

/** The base URL that clients of an endpoint use. */
export function useUrlOf(): (endpoint: { slug: string }) => string {
  const { gateway_url } = useSession();
  return ({ slug }) => `${gateway_url ?? ''}/e/${slug}/v1`;
}

/** Host names as people write them: commas, spaces or lines between. */
export function readHosts(text: string): string[] {
  return text.split(/[\s,]+/).filter(host => host !== '');
}

/** What `If-Match` asks for: that nobody changed the endpoint since. */
export const revisionTag = ({ revision }: { revision: number }): string => `"${revision}"`;

/** Whether a change was refused because somebody else changed the endpoint since. */
export function isStale(error: unknown): boolean {
  return error instanceof ManagementApiError && error.code === 'precondition_failed';
}

/** Runs a change and, when somebody else was faster, says what to do on this page. */
export async function unlessStale<Answer>(change: Promise<Answer>): Promise<Answer> {
  try {
    return await change;
  } catch (error) {
    if (!isStale(error)) throw error;
    throw new Error(
      'Somebody else changed this endpoint since you opened it. Reload the page to see how, then repeat your change.',
      { cause: error },
    );
  }
}
