import type { PageElement, PageRoot, PageWindow } from "./dom.ts";

/** An element, before something is done with it. */
export interface Located {
  tag: string;
  /** Of an input. */
  type: string;
  text: string;
  /** Absolute address of a link; empty for other elements. */
  href: string;
  isDisabled: boolean;
  isEditable: boolean;
  /** The choices of a list. */
  choices: string[];
  /** The element that lies over the middle of this one, in words; empty when none does. */
  coveredBy: string;
}

/** Scrolls an element into view and describes it. null when the number belongs to none, or to one that is gone. */
export function locateElement(index: number): Located | null {
  const window = globalThis as unknown as PageWindow;
  const element = window.agentElements?.elements.get(index)?.deref();
  if (element === undefined || !element.isConnected) return null;
  const short = (text: string | null | undefined) =>
    (text ?? "").slice(0, 2000).replace(/\s+/g, " ").trim().slice(0, 80);
  element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const rect = Array.from(element.getClientRects()).find(({ width, height }) => width >= 1 && height >= 1);
  const { localName: tag, type = "" } = element;
  return {
    tag,
    type: tag === "input" ? type : "",
    text: short(element.textContent) || short(element.getAttribute("aria-label")) || short(element.value),
    href: tag === "a" || tag === "area" ? String(element.href ?? "") : "",
    isDisabled: element.disabled === true,
    isEditable: tag === "input" || tag === "textarea" || element.isContentEditable === true,
    choices: Array.from(element.options ?? [])
      .slice(0, 100)
      .map((option) => short(option.label || option.text)),
    coveredBy: rect === undefined ? "" : coverAt((rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2),
  };

  function coverAt(x: number, y: number): string {
    const target = element as PageElement;
    let root: PageRoot = window.document;
    let top = root.elementFromPoint(x, y);
    while (top?.shadowRoot && top !== target) {
      root = top.shadowRoot;
      const inner = root.elementFromPoint(x, y);
      if (inner === null || inner === top) break;
      top = inner;
    }
    if (top === null || target.contains(top) || top.contains(target)) return "";
    // A click on the label of a field is a click on the field.
    if (Array.from(target.labels ?? []).some((label) => label.contains(top))) return "";
    for (let host: PageElement | null = top; host !== null; host = host.assignedSlot ?? host.parentElement)
      if (host === target) return "";
    return `<${top.localName}> ${short(top.textContent)}`.trim();
  }
}

/** Clicks an element that no pointer can reach. False when it is gone. */
export function clickElement(index: number): boolean {
  const element = (globalThis as unknown as PageWindow).agentElements?.elements.get(index)?.deref();
  if (element === undefined || !element.isConnected) return false;
  element.click();
  return true;
}

/** Puts the cursor into a field and selects all it holds. False when it is gone or takes no cursor. */
export function focusField(index: number): boolean {
  const window = globalThis as unknown as PageWindow;
  const element = window.agentElements?.elements.get(index)?.deref();
  if (element === undefined || !element.isConnected) return false;
  element.focus({ preventScroll: true });
  if (element.getRootNode().activeElement !== element) return false;
  if (element.select !== undefined) {
    element.select();
    return true;
  }
  const range = window.document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
  return true;
}

/**
 * Sets the value of a field that keys cannot fill, such as a date or a colour. False when it is gone or refuses the
 * value.
 */
export function setField({ index, value }: { index: number; value: string }): boolean {
  const window = globalThis as unknown as PageWindow;
  const element = window.agentElements?.elements.get(index)?.deref();
  if (element === undefined || !element.isConnected) return false;
  // The property of the element itself may be watched by the page's framework, which would then miss the change.
  const { set } = Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, "value") ?? {};
  set?.call(element, value);
  for (const type of ["input", "change"]) element.dispatchEvent(new window.Event(type, { bubbles: true }));
  return element.value === value;
}

/** Chooses from a list by words or value. False when there is no such choice. */
export function chooseOption({ index, wanted }: { index: number; wanted: string }): boolean {
  const window = globalThis as unknown as PageWindow;
  const element = window.agentElements?.elements.get(index)?.deref();
  if (element === undefined || !element.isConnected) return false;
  const options = Array.from(element.options ?? []);
  const plain = (text: string | undefined) => (text ?? "").replace(/\s+/g, " ").trim().toLowerCase();
  const option =
    options.find(({ label, text, value }) => [label, text, value].includes(wanted)) ??
    options.find(({ label, text }) => [label, text].map(plain).includes(plain(wanted)));
  if (option === undefined || option.disabled === true) return false;
  option.selected = true;
  for (const type of ["input", "change"]) element.dispatchEvent(new window.Event(type, { bubbles: true }));
  return true;
}

/** Scrolls the page, or what scrolls in its middle, by most of a screen. Says where it is then. */
export function scrollPage(direction: "up" | "down"): { top: number; height: number; visible: number } {
  const window = globalThis as unknown as PageWindow;
  const { document, innerWidth, innerHeight } = window;
  const page = document.scrollingElement ?? document.documentElement;
  const target = page.scrollHeight > page.clientHeight + 1 ? page : (inner() ?? page);
  target.scrollBy(0, Math.round(target.clientHeight * 0.8) * (direction === "down" ? 1 : -1));
  return {
    top: Math.round(target.scrollTop),
    height: target.scrollHeight,
    visible: target.clientHeight,
  };

  function inner(): PageElement | null {
    let element = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    for (; element !== null; element = element.parentElement) {
      const scrolls = /auto|scroll/.test(window.getComputedStyle(element).overflowY);
      if (scrolls && element.scrollHeight > element.clientHeight + 1) return element;
    }
    return null;
  }
}

/** The element of a number, for the debugger. */
export function elementOf(index: number): PageElement | undefined {
  return (globalThis as unknown as PageWindow).agentElements?.elements.get(index)?.deref();
}
