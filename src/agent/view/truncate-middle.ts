const NOTICE = "\n[… the middle of this output was left out because it is too long …]\n";

/** The text, or its beginning and end around a notice when it is longer than `limit` characters. */
export function truncateMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = Math.max(0, limit - NOTICE.length);
  const head = Math.ceil(kept / 2);
  const tail = kept - head;
  return text.slice(0, head) + NOTICE + text.slice(text.length - tail);
}
