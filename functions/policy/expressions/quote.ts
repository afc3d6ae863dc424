/** A name or text in quotes; of a long one only the beginning. */
export function quote(text: string, lengthMax = 80): string {
  return text.length > lengthMax ? `"${text.slice(0, lengthMax)}…"` : `"${text}"`;
}
