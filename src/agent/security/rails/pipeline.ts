import { type Command, commandsOf, type Invocation, invocationOf } from "../shell/command.ts";
import { ancestors, childInRole, childOfType, contains, type SyntaxNode } from "../shell/syntax-node.ts";
import { throughWrappers } from "../shell/wrappers.ts";

/** A command with what it runs, seen through wrappers such as `sudo`. */
export interface Resolved {
  command: Command;
  invocation: Invocation;
}

/** One part of a pipeline, with every command in it. */
export interface Stage {
  node: SyntaxNode;
  commands: readonly Resolved[];
}

/**
 * How the output of a command gets into the pipe of its stage: by itself (`direct`), through the command that it is a
 * word of (`indirect`), or not at all because a variable takes it (`captured`).
 */
export type PipeRole = "direct" | "indirect" | "captured";

export function resolvedCommandsOf(root: SyntaxNode): Resolved[] {
  return commandsOf(root).map((command) => ({
    command,
    invocation: throughWrappers(invocationOf(command)),
  }));
}

/** The stages of a pipeline. `commands` are all of the text, in its order. */
export function stagesOf(pipeline: SyntaxNode, commands: readonly Resolved[]): Stage[] {
  const stages = pipeline.children.map((node) => ({ node, commands: commandsIn(node, commands) }));
  const source = hereDocumentBefore(pipeline);
  const leading = source && commands.find(({ command }) => command.node === source);
  return source && leading ? [{ node: source, commands: [leading] }, ...stages] : stages;
}

function commandsIn(node: SyntaxNode, commands: readonly Resolved[]): Resolved[] {
  const found: Resolved[] = [];
  for (let index = firstFrom(commands, node.start); index < commands.length; index += 1) {
    const resolved = commands[index];
    if (resolved === undefined || resolved.command.node.start >= node.end) break;
    if (contains(node, resolved.command.node)) found.push(resolved);
  }
  return found;
}

/** Index of the first command that does not start before a position. */
function firstFrom(commands: readonly Resolved[], start: number): number {
  let low = 0;
  let high = commands.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBefore = (commands[middle]?.command.node.start ?? start) < start;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The command of `cat <<A | sh`: the grammar puts such a pipeline into the redirect, without its first stage. */
function hereDocumentBefore(pipeline: SyntaxNode): SyntaxNode | undefined {
  const redirect = pipeline.parent;
  const statement = redirect?.parent;
  if (redirect?.type !== "heredoc_redirect" || statement?.type !== "redirected_statement") return undefined;
  if (!pipeline.text.trimStart().startsWith("|")) return undefined;
  const body = childInRole(statement, "body");
  return body?.type === "command" ? body : undefined;
}

/** The commands of a stage that write into its pipe themselves. */
export function directCommands({ node, commands }: Stage): Resolved[] {
  return commands.filter(({ command }) => command.name !== null && pipeRole(command.node, node) === "direct");
}

export function pipeRole(command: SyntaxNode, stage: SyntaxNode): PipeRole {
  if (command === stage) return "direct";
  let isSubstituted = false;
  let isAssigned = false;
  for (const node of ancestors(command)) {
    if (node.type === "variable_assignment" && isSubstituted) isAssigned = true;
    if (node.type === "command_substitution" || node.type === "process_substitution") isSubstituted = true;
    if (node.type === "command") {
      return isAssigned && childOfType(node, "command_name") === undefined ? "captured" : "indirect";
    }
    if (node !== stage) continue;
    if (isAssigned) return "captured";
    return isSubstituted ? "indirect" : "direct";
  }
  return "indirect";
}

/** Whether every stage is one command, so that nothing hides in it. */
export function isPlain(pipeline: SyntaxNode): boolean {
  return pipeline.children.length > 0 && pipeline.children.every(isOneCommand);
}

function isOneCommand(node: SyntaxNode): boolean {
  let current: SyntaxNode | undefined = node;
  while (current?.type === "redirected_statement") {
    const commands: readonly SyntaxNode[] = current.children.filter(({ type }) => type === "command");
    current = commands.length === 1 ? commands[0] : undefined;
  }
  return current?.type === "command";
}
