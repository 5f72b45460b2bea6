/** An element of a page, before it is HTML text or part of a document. Its texts are never markup. */
export interface View {
  tag: Tag;
  /** Names and values that this server chooses; nothing of a conversation but texts in `title` and `datetime`. */
  attributes: Readonly<Record<string, string>>;
  children: readonly (View | string)[];
}

/** Elements that views are made of. None runs, loads or styles anything. */
export type Tag =
  | ("article" | "header" | "details" | "summary" | "pre" | "code" | "span" | "strong" | "p" | "time" | "a")
  | ("h1" | "h2" | "section" | "table" | "tbody" | "tr" | "th" | "td" | "dl" | "dt" | "dd" | "div");

/** Makes a view. Children that are undefined are left out. */
export function view(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
  ...children: (View | string | undefined)[]
): View {
  return { tag, attributes, children: children.filter((child) => child !== undefined) };
}

/** Writes a view as HTML. Every text is escaped. */
export function toHtml({ tag, attributes, children }: View): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const inside = children.map((child) => (typeof child === "string" ? escaped(child) : toHtml(child)));
  return `<${tag}${written.join("")}>${inside.join("")}</${tag}>`;
}

/** Escapes a text for an element or for an attribute in quotes. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
