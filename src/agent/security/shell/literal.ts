import { ESCAPABLE_IN_QUOTES } from "./expansion.ts";
import type { SyntaxNode } from "./syntax-node.ts";

/** The text that the shell makes of a node without running anything; null when only the shell can know it. */
export function literalOf(node: SyntaxNode): string | null {
  const { text, isComplete } = literalPrefix(node);
  return isComplete ? text : null;
}

/**
 * The literal text of a node up to its first part that only the shell can know. Strings with ANSI-C escapes, as in
 * `$'\n'`, count as such a part: their escapes are a language that is not read here.
 */
export function literalPrefix(node: SyntaxNode): { text: string; isComplete: boolean } {
  switch (node.type) {
    case "word":
    case "number":
      return complete(withoutEscapes(node.text, () => true));
    case "raw_string":
      return complete(node.text.slice(1, -1));
    case "string_content":
      return complete(withoutEscapes(node.text, (character) => ESCAPABLE_IN_QUOTES.has(character)));
    case "string":
    case "command_name":
    case "concatenation":
      return joined(node.children);
    default:
      return { text: "", isComplete: false };
  }
}

function complete(text: string) {
  return { text, isComplete: true };
}

function joined(nodes: readonly SyntaxNode[]) {
  let before = "";
  for (const node of nodes) {
    const { text, isComplete } = literalPrefix(node);
    before += text;
    if (!isComplete) return { text: before, isComplete };
  }
  return complete(before);
}

/** Removes backslashes before characters that one escapes. A backslash before a line break continues the line. */
function withoutEscapes(text: string, isEscapable: (character: string) => boolean): string {
  return text.replace(/\\(.)/gsu, (pair, character: string) => {
    if (character === "\n") return "";
    return isEscapable(character) ? character : pair;
  });
}
