import { mayMultiply } from "./expansion.ts";
import { literalOf } from "./literal.ts";
import { childInRole, childOfType, descendants, type SyntaxNode } from "./syntax-node.ts";

/** One word of a command. */
export interface Word {
  readonly node: SyntaxNode;
  /** The word as it is written. */
  readonly text: string;
  /** The word as the command gets it; null when only the shell can know it. */
  readonly literal: string | null;
  /** Whether the shell may make several words of it, or none. */
  readonly mayMultiply: boolean;
}

/** Nodes that stay one word whatever their value is. */
const ONE_WORD = new Set([
  "raw_string",
  "ansi_c_string",
  "arithmetic_expansion",
  "process_substitution",
  "word",
  "number",
]);

export function wordOf(node: SyntaxNode): Word {
  const { text } = node;
  const literal = literalOf(node);
  return { node, text, literal, mayMultiply: literal === null ? nodeMayMultiply(node) : mayMultiply(text) };
}

function nodeMayMultiply(node: SyntaxNode): boolean {
  if (ONE_WORD.has(node.type)) return false;
  if (node.type === "string") return [...descendants(node)].some(isListExpansion);
  if (node.type === "concatenation") return mayMultiply(node.text) || node.children.some(nodeMayMultiply);
  return true;
}

/** Whether a node expands to one word for each element even in quotes: `$@`, `${a[@]}` or `${!a@}`. */
function isListExpansion(node: SyntaxNode): boolean {
  if (node.type !== "expansion" && node.type !== "simple_expansion") return false;
  if (node.children.some(({ type, text }) => type === "special_variable_name" && text === "@")) return true;
  if (node.type === "simple_expansion") return false;
  const subscript = childOfType(node, "subscript");
  const isWholeArray = subscript !== undefined && childInRole(subscript, "index")?.text === "@";
  return isWholeArray || /^\$\{!.*@\}$/s.test(node.text);
}
