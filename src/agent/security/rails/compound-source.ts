import { isRedirect, operatorText } from "../shell/redirect.ts";
import { isRunner } from "../shell/runner.ts";
import { childInRole, contains, descendants, type SyntaxNode } from "../shell/syntax-node.ts";
import type { Resolved } from "./pipeline.ts";

/** Whether a group of commands with a shell among them gets text that stands in the redirect: `{ sh; } <<A`. */
export function runsInlineSource(root: SyntaxNode, commands: readonly Resolved[]): boolean {
  const runners = commands.filter(({ invocation }) => isRunner(invocation));
  if (runners.length === 0) return false;
  return [...descendants(root)].some((node) => {
    if (node.type !== "redirected_statement") return false;
    const body = childInRole(node, "body");
    if (body === undefined || body.type === "command") return false;
    const hasSource = afterBody(node, body).includes("<<<") || node.children.some(hasInlineSource);
    return hasSource && runners.some(({ command }) => contains(body, command.node));
  });
}

function afterBody(statement: SyntaxNode, body: SyntaxNode): string {
  return statement.text.slice(body.end - statement.start);
}

function hasInlineSource(node: SyntaxNode): boolean {
  if (!isRedirect(node)) return false;
  if (node.type !== "file_redirect" || operatorText(node).startsWith("<<<")) return true;
  return node.children.some(hasInlineSource);
}
