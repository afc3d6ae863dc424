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
