import type { Command, Invocation } from "./command.ts";
import { isNumber, normalDescriptor, type RedirectedCommand, redirectsOf } from "./redirect.ts";
import { isRunner, readsStandardInput, type ScriptOperand, scriptOperand } from "./runner.ts";
import { isTornOperator, type ShellData, standardInputOf } from "./standard-input.ts";
import { childOfType, type SyntaxNode, siblingOf } from "./syntax-node.ts";
import type { Word } from "./word.ts";

/** Maximum nesting of shells in shells that is followed. */
export const MAX_NESTING = 8;

const NONE: ScriptOperand = { isGiven: false, text: null, isUncertain: false };
const UNKNOWN: ScriptOperand = { isGiven: true, text: null, isUncertain: true };

/** The shell text that a command runs by itself: of `bash -c`, of `eval`, or of a here-document for a shell. */
export function executedSource(command: Command, invocation: Invocation): ScriptOperand {
  const started = withoutDescriptors(command, invocation);
  const operand = scriptOperand(started);
  if (operand.isGiven || operand.isUncertain) return operand;
  const evaluated = evaluatedWords(started);
  if (evaluated === "unknown") return UNKNOWN;
  if (evaluated !== undefined) return evaluatedSource(evaluated);
  if (!isRunner(started)) return NONE;
  const input = standardInputOf(command) ?? (hasTornDocument(command.node) ? "unknown" : undefined);
  if (input === undefined) return NONE;
  const reads = readsStandardInput(started);
  if (reads === false) return NONE;
  return reads === null || input === "unknown" ? UNKNOWN : { ...NONE, isGiven: true, text: input.text };
}

/** Whether a here-document follows a command that error recovery has torn off it, because its last line is missing. */
function hasTornDocument(command: SyntaxNode): boolean {
  const next = siblingOf(command, 1);
  return (
    next?.type === "ERROR" && next.text.startsWith("<<") && childOfType(next, "heredoc_start") !== undefined
  );
}

/** The shell text that a command gets through its pipe and runs; undefined when it runs none. */
export function executedInput(
  command: Command,
  invocation: Invocation,
  { initial, within }: { initial: ShellData; within: SyntaxNode },
): ShellData | undefined {
  const started = withoutDescriptors(command, invocation);
  const operand = scriptOperand(started);
  if (operand.isGiven) return undefined;
  if (operand.isUncertain) return "unknown";
  const reads = isRunner(started) ? readsStandardInput(started) : false;
  if (reads === false) return undefined;
  const input = standardInputOf(command, { initial, within });
  return reads === null && input !== undefined ? "unknown" : input;
}

/** The words of `eval`, also behind `builtin` and `command`; undefined for any other command. */
function evaluatedWords(invocation: Invocation): readonly Word[] | "unknown" | undefined {
  let { name, words } = invocation;
  if (!invocation.mayBeBuiltin) return undefined;
  for (let depth = 0; name !== "eval"; depth += 1) {
    if (name !== "builtin" && name !== "command") return undefined;
    if (depth >= MAX_NESTING) return "unknown";
    const start = startOfTarget(name, words);
    const target = words[start];
    if (target === undefined) return undefined;
    if (target.literal === null || target.mayMultiply) return "unknown";
    if (target.literal.startsWith("-") || target.literal.includes("/")) return undefined;
    name = target.literal;
    words = words.slice(start + 1);
  }
  return words;
}

function startOfTarget(name: "builtin" | "command", words: readonly Word[]): number {
  const paths = name === "command" ? words.findIndex(({ literal }) => literal !== "-p") : 0;
  if (paths < 0) return words.length;
  return words[paths]?.literal === "--" ? paths + 1 : paths;
}

function evaluatedSource(words: readonly Word[]): ScriptOperand {
  const isClosed = words[0]?.literal === "--";
  const parts = isClosed ? words.slice(1) : words;
  if (parts.length === 0 || (!isClosed && parts[0]?.literal?.startsWith("-"))) return NONE;
  if (parts.some(({ literal, mayMultiply }) => literal === null || mayMultiply)) return UNKNOWN;
  return { ...NONE, isGiven: true, text: parts.map(({ literal }) => literal).join(" ") };
}

/** Removes words that are the descriptors of redirects: the grammar reads `bash 0<<< ls` that way. */
function withoutDescriptors(command: RedirectedCommand, invocation: Invocation): Invocation {
  const numbers = invocation.words.filter(({ literal, text }) => isNumber(literal) && isNumber(text));
  if (numbers.length === 0) return invocation;
  const redirects = redirectsOf(command);
  const isDescriptor = ({ node, text }: Word) =>
    redirects.some(
      (redirect) =>
        redirect.descriptor === normalDescriptor(text) && node.end === startOfOperator(redirect.node),
    );
  const descriptors = new Set(numbers.filter(isDescriptor));
  return { ...invocation, words: invocation.words.filter((word) => !descriptors.has(word)) };
}

function startOfOperator(redirect: SyntaxNode): number {
  const before = siblingOf(redirect, -1);
  return isTornOperator(before, redirect) ? before.start : redirect.start;
}
