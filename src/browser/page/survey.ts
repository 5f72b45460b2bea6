import type { NumberedElements, PageElement, PageNode, PageWindow } from "./dom.ts";

export interface SurveyOptions {
  /** The next free number of an element. */
  next: number;
  /** Positions, among all elements of the document, of those that scripts listen to for clicks. */
  listening: readonly number[];
  maxElements: number;
  /** Maximum number of nodes to look at. */
  maxNodes: number;
  /** Pixels around the visible part in which elements count. */
  margin: number;
}

/** An element that can be clicked or typed into. */
export interface SurveyedElement {
  index: number;
  tag: string;
  text: string;
  type?: string;
  label?: string;
  placeholder?: string;
  value?: string;
  checked?: boolean;
  disabled?: boolean;
  href?: string;
}

export interface Survey {
  elements: SurveyedElement[];
  /** Whether there are more elements or nodes than the bounds allow. */
  truncated: boolean;
  next: number;
  viewport: { width: number; height: number };
  page: { width: number; height: number };
  scroll: { x: number; y: number };
}

/**
 * Numbers the elements of a frame that can be clicked or typed into. An element keeps its number as long as it lives.
 */
export function surveyPage({ next, listening, maxElements, maxNodes, margin }: SurveyOptions): Survey {
  const window = globalThis as unknown as PageWindow;
  const { document, innerWidth, innerHeight } = window;
  const known: NumberedElements = window.agentElements ?? { numbers: new WeakMap(), elements: new Map() };
  window.agentElements = known;
  const everything = listening.length > 0 ? document.querySelectorAll("*") : [];
  const listeners = new Set(listening.map((place) => everything[place]));
  const found: SurveyedElement[] = [];
  const MAX_LEVEL = 500;
  let level = 0;
  let number = next;
  let nodes = 0;
  let truncated = false;

  const CONTROLS = new Set(["button", "input", "select", "textarea", "a", "details", "summary"]);
  const ROLES = new Set(
    (
      "button link menuitem menuitemcheckbox menuitemradio option radio checkbox tab textbox combobox slider spinbutton " +
      "listbox search searchbox switch row cell gridcell treeitem"
    ).split(" "),
  );
  const HANDLERS = [
    "onclick",
    "onmousedown",
    "onmouseup",
    "onpointerdown",
    "onkeydown",
    "onkeyup",
    "tabindex",
  ];

  const short = (text: string | null | undefined, length: number): string => {
    const line = (text ?? "")
      .slice(0, length * 20)
      .replace(/\s+/g, " ")
      .trim();
    return line.length > length ? `${line.slice(0, length - 1)}…` : line;
  };
  const isControl = (element: PageElement): boolean => {
    const { localName: tag } = element;
    if (tag === "input") return element.type !== "hidden";
    if (tag === "a") return element.hasAttribute("href") || element.hasAttribute("onclick");
    if (tag === "iframe" || tag === "frame") return false;
    if (CONTROLS.has(tag)) return true;
    const role = element.getAttribute("role");
    if (role !== null && ROLES.has(role)) return true;
    const editable = element.getAttribute("contenteditable");
    if (editable !== null && editable !== "false") return true;
    if (HANDLERS.some((name) => element.hasAttribute(name)) && element.getAttribute("tabindex") !== "-1")
      return true;
    return tag === "label" && !element.hasAttribute("for") && element.textContent !== "";
  };
  const coversPage = (element: PageElement): boolean => {
    const { width, height } = element.getBoundingClientRect();
    return width * height > (innerWidth * innerHeight) / 2;
  };
  const pointerBegins = (element: PageElement): boolean => {
    if (window.getComputedStyle(element).cursor !== "pointer") return false;
    const parent = element.parentElement;
    return parent === null || window.getComputedStyle(parent).cursor !== "pointer";
  };
  const isNear = (element: PageElement): boolean => {
    const rects = element.getClientRects();
    for (let at = 0; at < rects.length; at += 1) {
      const rect = rects[at];
      if (rect === undefined || rect.width < 1 || rect.height < 1) continue;
      const isInside =
        rect.bottom > -margin &&
        rect.top < innerHeight + margin &&
        rect.right > -margin &&
        rect.left < innerWidth + margin;
      if (isInside) return true;
    }
    return false;
  };
  const isVisible = (element: PageElement): boolean => {
    const isFileField = element.localName === "input" && element.type === "file";
    const visible = element.checkVisibility({ visibilityProperty: true, opacityProperty: !isFileField });
    return isFileField || (visible && isNear(element));
  };
  const numberOf = (element: PageElement): number => {
    const old = known.numbers.get(element);
    if (old !== undefined) return old;
    known.numbers.set(element, number);
    known.elements.set(number, new WeakRef(element));
    number += 1;
    return number - 1;
  };
  const describe = (element: PageElement): SurveyedElement => {
    const { localName: tag, type, value } = element;
    const isField = tag === "input" || tag === "textarea" || tag === "select";
    const text = short(isField ? "" : element.textContent, 100);
    const shown: SurveyedElement = { index: numberOf(element), tag, text };
    if (tag === "input") shown.type = type ?? "text";
    const label =
      element.getAttribute("aria-label") ??
      (isField ? element.labels?.[0]?.textContent : undefined) ??
      element.getAttribute("title") ??
      element.getAttribute("name");
    if (text === "" && short(label, 100) !== "") shown.label = short(label, 100);
    const placeholder = element.getAttribute("placeholder");
    if (placeholder) shown.placeholder = short(placeholder, 100);
    if (isField && type !== "password" && value) shown.value = short(value, 100);
    if (type === "checkbox" || type === "radio") shown.checked = element.checked === true;
    if (element.disabled === true) shown.disabled = true;
    const href = element.getAttribute("href");
    if (href) shown.href = href.length > 300 ? `${href.slice(0, 299)}…` : href;
    return shown;
  };
  const visit = (node: PageNode, isInside: boolean): void => {
    nodes += 1;
    if (nodes > maxNodes || found.length >= maxElements) {
      truncated = true;
      return;
    }
    let within = isInside;
    if (node.nodeType === 1) {
      const element = node as PageElement;
      if (element.localName === "head" || element.localName === "script") return;
      const isOwn = isControl(element);
      const reacts =
        isOwn || (!isInside && (pointerBegins(element) || listeners.has(element)) && !coversPage(element));
      const isPage = element.localName === "body" || element.localName === "html";
      if (reacts && !isPage && isVisible(element)) {
        found.push(describe(element));
        within = true;
      }
      if (element.shadowRoot !== null) visitAll(element.shadowRoot, within);
    }
    visitAll(node, within);
  };
  const visitAll = (parent: PageNode, isInside: boolean): void => {
    level += 1;
    if (level > MAX_LEVEL) truncated = true;
    const { childNodes } = parent;
    for (let at = 0; at < childNodes.length && !truncated; at += 1) {
      const child = childNodes[at];
      if (child?.nodeType === 1) visit(child, isInside);
    }
    level -= 1;
  };

  visitAll(document, false);
  for (const [old, reference] of known.elements)
    if (reference.deref() === undefined) known.elements.delete(old);
  const { scrollingElement, documentElement } = document;
  const scroller = (scrollingElement ?? documentElement) as PageElement & { scrollWidth: number };
  return {
    elements: found,
    truncated,
    next: number,
    viewport: { width: innerWidth, height: innerHeight },
    page: { width: scroller.scrollWidth, height: scroller.scrollHeight },
    scroll: { x: Math.round(window.scrollX), y: Math.round(window.scrollY) },
  };
}
