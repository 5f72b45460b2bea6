import { executedSource } from "../shell/executed-source.ts";
import { scriptFile } from "../shell/runner.ts";
import { formatTakesValues, reachesPipe } from "../shell/standard-output.ts";
import { contains, type SyntaxNode } from "../shell/syntax-node.ts";
import { type Verdict, worst } from "../shell/verdict.ts";
import { foldCase } from "./paths.ts";
import { directCommands, isPlain, pipeRole, type Resolved, type Stage } from "./pipeline.ts";

const FETCHERS = new Set(["curl", "wget"]);

/** Searches a pipeline for something fetched from the network that a later stage reads. */
export function findPipedFetch(pipeline: SyntaxNode, stages: readonly Stage[]): Verdict {
  let verdict: Verdict = "LOW";
  const lastReader = stages.findLastIndex(({ commands }) => commands.some(hasName));
  for (const [index, stage] of stages.slice(0, -1).entries()) {
    verdict = worst(verdict, index < lastReader ? judgeStage(stage) : judgeUnread(pipeline, stage));
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}

/** Searches for a shell that runs what was fetched as if it were a file: `bash <(curl …)`. */
export function findSourcedFetch(commands: readonly Resolved[]): Verdict {
  const fetches = commands.filter(isFetch);
  if (fetches.length === 0) return "LOW";
  const isSourced = commands.some(({ invocation }) => {
    const file = scriptFile(invocation);
    if (file?.node.type !== "process_substitution" || !file.text.startsWith("<(")) return false;
    return fetches.some(({ command }) => contains(file.node, command.node));
  });
  return isSourced ? "HIGH" : "LOW";
}

function hasName({ command }: Resolved): boolean {
  return command.name !== null && command.name.text !== "";
}

function isFetch({ invocation }: Resolved): boolean {
  return invocation.name !== null && FETCHERS.has(foldCase(invocation.name));
}

/** A pipe into nothing: something may follow that the parser has not understood. */
function judgeUnread(pipeline: SyntaxNode, { commands }: Stage): Verdict {
  const isUnclear = pipeline.hasError || !isPlain(pipeline);
  return isUnclear && commands.some(isFetch) ? "UNKNOWN" : "LOW";
}

function judgeStage(stage: Stage): Verdict {
  const [direct] = directCommands(stage);
  let verdict: Verdict = "LOW";
  for (const resolved of stage.commands) {
    verdict = worst(verdict, judgeCommand(resolved, { stage, direct }));
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}

function judgeCommand(
  resolved: Resolved,
  { stage, direct }: { stage: Stage; direct: Resolved | undefined },
): Verdict {
  const { command, invocation } = resolved;
  switch (pipeRole(command.node, stage.node)) {
    case "captured":
      return "LOW";
    case "indirect":
      return isFetch(resolved) ? forwarding(direct, command.node) : "LOW";
    case "direct": {
      if (isFetch(resolved)) return "HIGH";
      const { isGiven, isUncertain } = executedSource(command, invocation);
      return isGiven || isUncertain || invocation.isUncertain ? "UNKNOWN" : "LOW";
    }
  }
}

/** HIGH when a command passes what was fetched for one of its words on into the pipe. */
function forwarding(direct: Resolved | undefined, fetch: SyntaxNode): Verdict {
  if (direct === undefined) return "UNKNOWN";
  const { command, invocation } = direct;
  const { name, words } = invocation;
  if (name !== "echo" && name !== "printf") return "UNKNOWN";
  const at = words.findIndex(({ node }) => contains(node, fetch));
  if (at < 0) return "LOW";
  const reaches = reachesPipe(command);
  if (reaches !== true) return reaches === null ? "UNKNOWN" : "LOW";
  if (name === "echo") return "HIGH";
  const format = words[0]?.literal ?? null;
  if (at === 0) return "LOW";
  if (format === null || format.includes("\\")) return "UNKNOWN";
  return formatTakesValues(format) ? "HIGH" : "LOW";
}
