/** One named node of a bash syntax tree. Positions are UTF-16 offsets into the text that was parsed. */
export interface SyntaxNode {
  /** The grammar's name of the node, such as `command` or `pipeline`. */
  readonly type: string;
  /** The node's role in its parent, such as `destination`; null without one. */
  readonly field: string | null;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether the parser had to repair the text of the node or of anything in it. Known for commands and pipelines. */
  readonly hasError: boolean;
  readonly parent: SyntaxNode | null;
  readonly children: readonly SyntaxNode[];
  /** Position among the children of the parent. */
  readonly index: number;
}

/** Parses a text as bash. Null when the text cannot be read; a text with syntax errors can. */
export type ParseShell = (text: string) => SyntaxNode | null;

/** Yields a node and everything below it, each node before its children. */
export function* descendants(root: SyntaxNode): Generator<SyntaxNode> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    open.push(...node.children.toReversed());
  }
}

/** The nodes from the parent up to the root. */
export function* ancestors(node: SyntaxNode): Generator<SyntaxNode> {
  for (let next = node.parent; next !== null; next = next.parent) yield next;
}

export function childOfType(node: SyntaxNode, type: string): SyntaxNode | undefined {
  return node.children.find((child) => child.type === type);
}

export function childInRole(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === field);
}

/** The sibling at a distance, -1 for the one before; undefined past the ends. */
export function siblingOf(node: SyntaxNode, distance: number): SyntaxNode | undefined {
  return node.parent?.children[node.index + distance];
}

export function contains(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
