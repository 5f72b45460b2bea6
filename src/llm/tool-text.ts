/** Characters of one tool result that a model is shown at most. */
const LIMIT = 50_000;

/** Cuts the middle out of a tool's text that is too long; both ends tell more than either alone. */
export function clipToolText(text: string): string {
  if (text.length <= LIMIT) return text;
  const notice = `\n[… ${text.length - LIMIT} characters left out of the middle …]\n`;
  const half = Math.floor((LIMIT - notice.length) / 2);
  return text.slice(0, half) + notice + text.slice(-half);
}
