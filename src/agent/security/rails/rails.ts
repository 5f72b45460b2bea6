import { invocationOf } from "../shell/command.ts";
import { executedInput, executedSource, MAX_NESTING } from "../shell/executed-source.ts";
import { type ShellData, standardInputOf } from "../shell/standard-input.ts";
import { descendants, type ParseShell, type SyntaxNode } from "../shell/syntax-node.ts";
import { type Verdict, worst } from "../shell/verdict.ts";
import { isWrapper } from "../shell/wrappers.ts";
import { runsInlineSource } from "./compound-source.ts";
import { findPipedFetch, findSourcedFetch } from "./fetch.ts";
import { followPipedShells, type JudgeSource } from "./piped-shell.ts";
import { type Resolved, resolvedCommandsOf, stagesOf } from "./pipeline.ts";
import { deletesCriticalTarget, writesRawDisk } from "./targets.ts";

interface RailOptions {
  parse: ParseShell;
  /** How many shells the text is nested in. */
  depth?: number;
  /** Data that the commands of the text can read. */
  input?: ShellData;
}

/**
 * Searches shell text for what no agent should do unasked: run or pass on what was fetched from the network, write to a
 * raw disk, delete what a machine needs. UNKNOWN when something of that kind cannot be found out.
 */
export function judgeByRails(text: string, { parse, depth = 0, input }: RailOptions): Verdict {
  const root = parse(text);
  if (root === null) return "UNKNOWN";
  const judge: JudgeSource = (source, inherited) =>
    source === null || depth >= MAX_NESTING
      ? "UNKNOWN"
      : judgeByRails(source, { parse, depth: depth + 1, input: inherited });
  const commands = resolvedCommandsOf(root);
  let verdict: Verdict = "LOW";
  for (const find of [
    () => (commands.some(isUnclearWrapper) ? "UNKNOWN" : "LOW"),
    () => (runsInlineSource(root, commands) ? "UNKNOWN" : "LOW"),
    () => findSourcedFetch(commands),
    () => judgePipelines(root, { commands, judge }),
    () => (input === undefined ? "LOW" : judgeInput(root, { commands, judge, input })),
    () => judgeCommands(root, { commands, judge, input }),
  ] satisfies (() => Verdict)[]) {
    verdict = worst(verdict, find());
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}

function isUnclearWrapper({ command, invocation }: Resolved): boolean {
  return invocation.isUncertain && isWrapper(invocationOf(command));
}

interface Scope {
  commands: readonly Resolved[];
  judge: JudgeSource;
}

function judgePipelines(root: SyntaxNode, { commands, judge }: Scope): Verdict {
  let verdict: Verdict = "LOW";
  for (const node of descendants(root)) {
    if (node.type !== "pipeline") continue;
    const stages = stagesOf(node, commands);
    verdict = worst(verdict, worst(findPipedFetch(node, stages), followPipedShells(stages, judge)));
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}

/** Judges what a shell in the text takes from the input that the whole text can read. */
function judgeInput(root: SyntaxNode, { commands, judge, input }: Scope & { input: ShellData }): Verdict {
  const run = commands
    .map(({ command, invocation }) => executedInput(command, invocation, { initial: input, within: root }))
    .filter((data) => data !== undefined);
  const [only] = run;
  if (only === undefined) return "LOW";
  // Among several commands, each may have read a part of it.
  if (commands.length !== 1 || only === "unknown") return "UNKNOWN";
  return judge(only.text);
}

function judgeCommands(
  root: SyntaxNode,
  { commands, judge, input }: Scope & { input: ShellData | undefined },
): Verdict {
  let verdict: Verdict = "LOW";
  for (const { command, invocation } of commands) {
    verdict = worst(verdict, worst(writesRawDisk(invocation), deletesCriticalTarget(invocation)));
    const { isGiven, text, isUncertain } = executedSource(command, invocation);
    if (isUncertain) verdict = worst(verdict, "UNKNOWN");
    if (isGiven && verdict !== "HIGH") {
      const isAlone = input !== undefined && commands.length === 1;
      const inherited = isAlone ? standardInputOf(command, { initial: input, within: root }) : undefined;
      verdict = worst(verdict, judge(text, inherited));
    }
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}
