import { useState } from 'preact/hooks';
import type { Endpoint } from '../../api.ts';

/** A policy that was edited and not saved. */
export interface Draft {
  text: string;
  /** The endpoint as it was when editing began, or when its later changes were looked at. */
  base: Endpoint;
}

/** Drafts outlive the page, so that a look at another one costs nobody their work. */
const drafts = new Map<string, Draft>();

export function useDraft({ id }: Endpoint): [Draft | undefined, (draft: Draft | undefined) => void] {
  const [draft, setDraft] = useState(drafts.get(id));
  return [
    draft,
    changed => {
      if (changed) drafts.set(id, changed);
      else drafts.delete(id);
      setDraft(changed);
    },
  ];
}
