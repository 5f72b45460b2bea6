import type { PageElement, PageNode, PageWindow } from "./dom.ts";

export interface ContentOptions {
  withLinks: boolean;
  maxCharacters: number;
  maxNodes: number;
}

export interface PageText {
  /** Markdown. */
  text: string;
  truncated: boolean;
}

/** Writes an element, at a depth of lists. */
type Writer = (element: PageElement, depth: number) => void;

/** Writes the visible text of a frame as Markdown. */
export function readContent({ withLinks, maxCharacters, maxNodes }: ContentOptions): PageText {
  const window = globalThis as unknown as PageWindow;
  const { document } = window;
  const SKIPPED = new Set(
    "script style noscript template head meta link title svg canvas iframe frame object embed".split(" "),
  );
  const BLOCKS = new Set(
    (
      "address article aside blockquote body details dialog dd div dl dt fieldset figcaption figure footer form header " +
      "hr li main nav ol p section summary table ul tr h1 h2 h3 h4 h5 h6 pre option select textarea"
    ).split(" "),
  );
  const MAX_LEVEL = 500;
  let text = "";
  let level = 0;
  let nodes = 0;
  let truncated = false;

  const add = (piece: string): void => {
    if (text.length + piece.length > maxCharacters) truncated = true;
    else text += piece;
  };
  /** Begins a line, after as many empty ones. */
  const line = (empty = 0): void => {
    if (text === "") return;
    const has = /\n*$/.exec(text)?.[0].length ?? 0;
    if (has < empty + 1) add("\n".repeat(empty + 1 - has));
  };
  const words = (raw: string): void => {
    const plain = raw.replace(/\s+/g, " ");
    add(/(^|\s)$/.test(text) ? plain.trimStart() : plain);
  };
  const isShown = (element: PageElement): boolean =>
    // An element without a box shows what is in it.
    element.localName === "slot" ||
    element.checkVisibility({ visibilityProperty: true }) ||
    hasBoxInside(element);
  const hasBoxInside = (element: PageElement): boolean =>
    element.getClientRects().length === 0 &&
    Array.from(element.children).some((child) => child.getClientRects().length > 0);
  const childrenOf = (node: PageNode): PageNode[] => {
    const { shadowRoot } = node as PageElement;
    return Array.from((shadowRoot ?? node).childNodes);
  };
  // What a shadow tree shows of its host's children comes through its slots.
  const inside = (node: PageNode, depth: number): void => {
    level += 1;
    if (level > MAX_LEVEL) truncated = true;
    else for (const child of childrenOf(node)) visit(child, depth);
    level -= 1;
  };
  const wrapped = (mark: string, node: PageNode, depth: number): void => {
    if ((node.textContent ?? "").trim() === "") return;
    if (!/(^|\s)$/.test(text) && mark !== "`") add(" ");
    add(mark);
    const from = text.length;
    inside(node, depth);
    text = text.slice(0, from) + text.slice(from).trim();
    add(mark);
  };
  const table: Writer = (element, depth) => {
    line(1);
    const rows = Array.from((element as unknown as { rows: ArrayLike<PageElement> }).rows);
    rows.forEach((row, at) => {
      const cells = Array.from(row.children).map((cell) => {
        const before = text;
        text = "";
        inside(cell, depth);
        const own = text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
        text = before;
        return own;
      });
      add(`| ${cells.join(" | ")} |\n`);
      if (at === 0) add(`|${" --- |".repeat(Math.max(1, cells.length))}\n`);
    });
    line(1);
  };
  const link: Writer = (node, depth) => {
    const own = node.getAttribute("href");
    const isShownAsLink = withLinks && own !== null && !own.startsWith("javascript:");
    if (isShownAsLink) add(/(^|\s)$/.test(text) ? "[" : " [");
    inside(node, depth);
    if (isShownAsLink) add(`](${String(node.href)})`);
  };
  const image: Writer = ({ alt = "", src = "" }) => {
    words(withLinks && !src.startsWith("data:") ? `![${alt}](${src})` : alt);
  };
  const field: Writer = ({ type = "", value = "" }) => {
    if (type !== "hidden" && type !== "password") words(` ${value} `);
  };
  const list: Writer = (node, depth) => {
    line(depth === 0 ? 1 : 0);
    inside(node, depth + 1);
    line(depth === 0 ? 1 : 0);
  };
  const item: Writer = (node, depth) => {
    line();
    const parent = node.parentElement;
    const place = parent === null ? 0 : Array.from(parent.children).indexOf(node);
    add("  ".repeat(Math.max(0, depth - 1)));
    add(parent?.localName === "ol" ? `${place + 1}. ` : "- ");
    inside(node, depth);
  };
  const heading: Writer = (node, depth) => {
    line(1);
    add(`${"#".repeat(Number(node.localName.slice(1)))} `);
    inside(node, depth);
    line(1);
  };
  const other: Writer = (node, depth) => {
    const isBlock = BLOCKS.has(node.localName);
    const empty = node.localName === "p" ? 1 : 0;
    if (isBlock) line(empty);
    inside(node, depth);
    if (isBlock) line(empty);
  };
  const marked =
    (mark: string): Writer =>
    (node, depth) =>
      wrapped(mark, node, depth);
  const writers = new Map<string, Writer>([
    ["br", () => add("\n")],
    ["hr", () => add(`${/\n$/.test(text) ? "" : "\n"}\n---\n\n`)],
    ["pre", (node) => add(`\n\n\`\`\`\n${(node.textContent ?? "").replace(/\n$/, "")}\n\`\`\`\n\n`)],
    ["a", link],
    ["img", image],
    ["input", field],
    ["textarea", field],
    ["strong", marked("**")],
    ["b", marked("**")],
    ["em", marked("*")],
    ["i", marked("*")],
    ["code", marked("`")],
    ["table", table],
    ["ul", list],
    ["ol", list],
    ["li", item],
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((tag): [string, Writer] => [tag, heading]),
  ]);
  const visit = (node: PageNode, depth: number): void => {
    nodes += 1;
    if (truncated || nodes > maxNodes) {
      truncated = true;
      return;
    }
    if (node.nodeType === 3) words(node.nodeValue ?? "");
    if (node.nodeType !== 1) return;
    const own = node as PageElement;
    if (SKIPPED.has(own.localName) || !isShown(own)) return;
    if (own.localName === "slot") {
      const slotted = (own as unknown as { assignedNodes(): PageNode[] }).assignedNodes();
      for (const child of slotted.length > 0 ? slotted : childrenOf(own)) visit(child, depth);
      return;
    }
    (writers.get(own.localName) ?? other)(own, depth);
  };

  if (document.body !== null) inside(document.body, 0);
  const cleaned = text
    .split("\n")
    .map((each) => each.trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  return { text: cleaned, truncated };
}
