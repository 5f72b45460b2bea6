import { BrowserFailure } from "../failure.ts";
import type { PageText } from "../page/content.ts";

/** Characters of one part. */
const MAX_PART = 30_000;
/** Characters before the end of a part in which a paragraph, or else a sentence, may end. */
const PARAGRAPH_ROOM = 500;
const SENTENCE_ROOM = 200;

/** Writes one part of a page's text, and how to get the next. */
export function contentAnswer(url: string, { text, truncated }: PageText, start: number): string {
  if (start > 0 && start >= text.length) {
    throw new BrowserFailure(
      `start_from_char: ${start} is past the end; the page has ${text.length} characters.`,
    );
  }
  const rest = text.slice(start);
  const part = rest.slice(0, endOf(rest));
  const end = start + part.length;
  const stats = [
    `${text.length} characters${truncated ? ", and more that are left out: the page is too long" : ""}`,
    ...(start > 0 || end < text.length ? [`shown: ${start} to ${end}`] : []),
    ...(end < text.length ? [`the next part begins with start_from_char=${end}`] : []),
  ].join("; ");
  return `<url>\n${url}\n</url>\n<content>\n<content_stats>\n${stats}\n</content_stats>\n\n<webpage_content>\n${part}\n</webpage_content>\n</content>`;
}

function endOf(text: string): number {
  if (text.length <= MAX_PART) return text.length;
  const paragraph = text.lastIndexOf("\n\n", MAX_PART);
  if (paragraph > MAX_PART - PARAGRAPH_ROOM) return paragraph;
  const sentence = text.lastIndexOf(".", MAX_PART);
  return sentence > MAX_PART - SENTENCE_ROOM ? sentence + 1 : MAX_PART;
}
