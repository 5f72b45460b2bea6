import { fileURLToPath } from "node:url";
import { Language, Parser, type TreeCursor } from "web-tree-sitter";
import type { ParseShell, SyntaxNode } from "../shell/syntax-node.ts";

/** Memory of the parser in pages of 64 KiB: at most 256 MiB. Some texts of 30,000 characters would take 2 GiB. */
const MEMORY = { initial: 512, maximum: 4_096 };
/** Maximum depth of a syntax tree. Those of scripts that people write stay below 100. */
const MAX_DEPTH = 1_000;

/** Types whose repairs matter. Every look costs a call into the parser. */
const CHECKED_FOR_ERRORS = new Set(["command", "pipeline"]);

/** The part of the WebAssembly API that is used here. The type library of Node leaves it out. */
interface WasmGlobal {
  WebAssembly: { Memory: new (pages: typeof MEMORY) => object };
}

/** Loads the parser and its grammar of bash. */
export async function loadBashParser(): Promise<ParseShell> {
  const { WebAssembly } = globalThis as unknown as WasmGlobal;
  // A parser that runs out of memory would write to the console. Its exception says enough.
  await Parser.init({ wasmMemory: new WebAssembly.Memory(MEMORY), printErr: () => {} });
  const language = await Language.load(fileURLToPath(grammarUrl()));
  return (text) => {
    // Half of a surrogate pair has no bytes, so no shell can be given it.
    if (!text.isWellFormed()) return null;
    const parser = new Parser().setLanguage(language);
    const tree = parser.parse(text);
    try {
      return tree === null || tree.rootNode.endIndex !== text.length ? null : copyOf(tree.walk(), text);
    } finally {
      tree?.delete();
      parser.delete();
    }
  };
}

/** Next to the built code, or during development in the package that the build copies the file from. */
function grammarUrl(): string {
  return import.meta.url.endsWith(".ts")
    ? import.meta.resolve("tree-sitter-bash/tree-sitter-bash.wasm")
    : new URL("./tree-sitter-bash.wasm", import.meta.url).href;
}

class CopiedNode implements SyntaxNode {
  readonly type: string;
  readonly field: string | null;
  readonly start: number;
  readonly end: number;
  readonly hasError: boolean;
  readonly parent: CopiedNode | null;
  readonly children: CopiedNode[] = [];
  readonly index: number;
  readonly #source: string;

  constructor(cursor: TreeCursor, source: string, parent: CopiedNode | null) {
    this.type = cursor.nodeType;
    this.field = cursor.currentFieldName;
    this.start = cursor.startIndex;
    this.end = cursor.endIndex;
    this.hasError = CHECKED_FOR_ERRORS.has(this.type) && cursor.currentNode.hasError;
    this.parent = parent;
    this.index = parent?.children.length ?? 0;
    this.#source = source;
  }

  get text(): string {
    return this.#source.slice(this.start, this.end);
  }
}

/** Copies the named nodes of a tree, so that the parser's memory can be freed. Null for a tree that is too deep. */
function copyOf(cursor: TreeCursor, source: string): SyntaxNode | null {
  try {
    const root = new CopiedNode(cursor, source, null);
    const open = [root];
    let moved = cursor.gotoFirstChild();
    while (true) {
      if (moved) {
        const parent = open.at(-1) ?? root;
        const node = cursor.nodeIsNamed ? new CopiedNode(cursor, source, parent) : null;
        if (node !== null) parent.children.push(node);
        if (node !== null && cursor.gotoFirstChild()) {
          if (open.push(node) > MAX_DEPTH) return null;
          continue;
        }
      }
      moved = cursor.gotoNextSibling();
      if (moved) continue;
      if (!cursor.gotoParent()) return root;
      open.pop();
    }
  } finally {
    cursor.delete();
  }
}
