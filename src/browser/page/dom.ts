/**
 * The part of the DOM that the functions of this folder use. They run in pages: as text in a separate world, which
 * the scripts of a page cannot change. So each is whole in itself, with its helpers inside.
 */
export interface PageNode {
  readonly nodeType: number;
  readonly nodeValue: string | null;
  readonly childNodes: ArrayLike<PageNode>;
  readonly parentNode: PageNode | null;
  readonly isConnected: boolean;
  textContent: string | null;
}

export interface PageRect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

export interface PageElement extends PageNode {
  readonly localName: string;
  readonly shadowRoot: PageRoot | null;
  readonly children: ArrayLike<PageElement>;
  readonly parentElement: PageElement | null;
  readonly assignedSlot: PageElement | null;
  readonly labels?: ArrayLike<PageElement> | null;
  readonly options?: ArrayLike<PageOption>;
  readonly isContentEditable?: boolean;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  scrollTop: number;
  readonly type?: string;
  readonly href?: string;
  readonly src?: string;
  readonly alt?: string;
  value?: string;
  checked?: boolean;
  disabled?: boolean;
  readonly multiple?: boolean;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  getBoundingClientRect(): PageRect;
  getClientRects(): ArrayLike<PageRect>;
  checkVisibility(options: Record<string, boolean>): boolean;
  scrollIntoView(options: Record<string, string>): void;
  scrollBy(x: number, y: number): void;
  getRootNode(): PageRoot;
  contains(other: PageNode | null): boolean;
  dispatchEvent(event: unknown): boolean;
  select?(): void;
  focus(options?: Record<string, boolean>): void;
  click(): void;
  closest(selector: string): PageElement | null;
}

export interface PageOption extends PageElement {
  selected: boolean;
  readonly text: string;
  readonly label: string;
}

export interface PageRoot extends PageNode {
  readonly activeElement: PageElement | null;
  elementFromPoint(x: number, y: number): PageElement | null;
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

export interface PageDocument extends PageRoot {
  readonly title: string;
  readonly documentElement: PageElement;
  readonly body: PageElement | null;
  readonly scrollingElement: PageElement | null;
  createRange(): { selectNodeContents(node: PageNode): void };
}

/** The global object of a page. */
export interface PageWindow {
  readonly document: PageDocument;
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly scrollX: number;
  readonly scrollY: number;
  readonly Event: new (type: string, options: Record<string, boolean>) => unknown;
  readonly HTMLInputElement: { readonly prototype: object };
  getComputedStyle(element: PageElement): { readonly cursor: string; readonly overflowY: string };
  getSelection(): { removeAllRanges(): void; addRange(range: unknown): void } | null;
  /** Elements by the numbers that surveys gave them. */
  agentElements?: NumberedElements;
}

export interface NumberedElements {
  readonly numbers: WeakMap<PageElement, number>;
  readonly elements: Map<number, WeakRef<PageElement>>;
}
