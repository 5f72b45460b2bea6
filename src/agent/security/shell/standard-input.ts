import { literalOf } from "./literal.ts";
import {
  descriptorOfPath,
  destinationOf,
  isNumber,
  isRedirect,
  normalDescriptor,
  operatorText,
  type RedirectedCommand,
  redirectsOf,
} from "./redirect.ts";
import { childOfType, type SyntaxNode, siblingOf } from "./syntax-node.ts";

/** Text that a command reads or writes; `unknown` when only the shell can know it. */
export type ShellData = { text: string } | "unknown";

interface InputOptions {
  /** The input of the command when no redirect changes it. */
  initial?: ShellData;
  /** The stage of a pipeline that the command is in. */
  within?: SyntaxNode;
}

/** The standard input of a command, as far as the text shows it; undefined when it is elsewhere. */
export function standardInputOf(
  command: RedirectedCommand,
  { initial, within }: InputOptions = {},
): ShellData | undefined {
  const inputs = new Map<string, ShellData>(initial === undefined ? [] : [["0", initial]]);
  const set = (descriptor: string, data: ShellData | undefined) => {
    if (data === undefined) inputs.delete(descriptor);
    else inputs.set(descriptor, data);
  };
  for (const { node, descriptor } of redirectsOf(command, within)) {
    const operator = operatorText(node);
    const destination = destinationOf(node);
    const aliased = inputs.get(descriptorOfPath(destination) ?? "");
    if (/^[<>]&/.test(operator)) {
      if (destination === "-") set(descriptor, undefined);
      else if (isNumber(destination)) set(descriptor, inputs.get(normalDescriptor(destination)));
      else if (descriptor === "0" || inputs.size > 0) set(descriptor, "unknown");
    } else if (operator.startsWith("&>")) {
      const output = aliased ?? (destination === null && inputs.size > 0 ? "unknown" : undefined);
      for (const written of ["1", "2"]) set(written, output);
    } else if (isHereString(node)) {
      set(descriptor, hereStringOf(node));
    } else if (node.type === "heredoc_redirect") {
      set(descriptor, hereDocumentOf(node));
    } else {
      const isUnclear = destination === null && (descriptor === "0" || inputs.size > 0);
      set(descriptor, aliased ?? (isUnclear ? "unknown" : undefined));
    }
  }
  return inputs.get("0");
}

/** Whether a redirect holds its text itself. Error recovery can tear the first two characters off its operator. */
function isHereString(redirect: SyntaxNode): boolean {
  if (redirect.type === "herestring_redirect" || operatorText(redirect).startsWith("<<<")) return true;
  return isTornOperator(siblingOf(redirect, -1), redirect) && operatorText(redirect).startsWith("<");
}

/** Whether a node is the `<<` that error recovery has torn off the `<<<` of a redirect. */
export function isTornOperator(node: SyntaxNode | undefined, redirect: SyntaxNode): node is SyntaxNode {
  return node?.type === "ERROR" && node.end === redirect.start && node.text === "<<";
}

function hereStringOf(redirect: SyntaxNode): ShellData {
  const value = redirect.children.find(
    (child) => child.type !== "file_descriptor" && child.type !== "ERROR" && !isRedirect(child),
  );
  const text = value === undefined ? null : literalOf(value);
  return text === null ? "unknown" : { text };
}

/** The body of a here-document. Without quotes around the delimiter, the shell may change it. */
function hereDocumentOf(redirect: SyntaxNode): ShellData {
  const start = childOfType(redirect, "heredoc_start");
  const body = childOfType(redirect, "heredoc_body");
  const end = childOfType(redirect, "heredoc_end");
  if (start === undefined || body === undefined || end === undefined) return "unknown";
  const isVerbatim = start.text !== end.text;
  if (!isVerbatim && (body.children.length > 0 || body.text.includes("\\"))) return "unknown";
  return { text: body.text };
}
