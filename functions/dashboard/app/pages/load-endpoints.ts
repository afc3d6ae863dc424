import { api, type Endpoint } from '../api.ts';
import { loadAll } from '../load.ts';

/** All endpoints of the account, newest first. */
export function loadEndpoints(): Promise<Endpoint[]> {
  return loadAll(async before_id => {
    const page = await api.listEndpoints({ query: { limit: 100, ...(before_id && { before_id }) } });
    return { items: page.endpoints, more: page.next_page_uri !== null };
  });
}
