import { useRef } from 'preact/hooks';

/**
 * Keys that keep a second try from doing twice what the first one did although its answer was lost. The same body gets
 * the same key; another body is another wish.
 */
export function useIdempotencyKey(): (body: object) => string {
  const last = useRef({ text: '', key: '' });
  return body => {
    const text = JSON.stringify(body);
    if (text !== last.current.text) last.current = { text, key: crypto.randomUUID() };
    return last.current.key;
  };
}
