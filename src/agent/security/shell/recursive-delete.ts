import { type Command, commandsOf, type Invocation, invocationOf } from "./command.ts";
import { deletesByForce, mayDeleteByForce } from "./delete-flags.ts";
import { executedSource, MAX_NESTING } from "./executed-source.ts";
import { isRunner } from "./runner.ts";
import type { ParseShell } from "./syntax-node.ts";
import { type Verdict, worst } from "./verdict.ts";
import { isWrapper, throughWrappers } from "./wrappers.ts";

/** Commands that may run their words as shell text. */
const EVALUATORS = new Set(["eval", "builtin", "command"]);

/**
 * Searches shell text for a recursive `rm` by force on any target, behind quotes, paths, wrappers and nested shells.
 * UNKNOWN when something has the shape of one and cannot be found out.
 */
export function findRecursiveDelete(text: string, parse: ParseShell, depth = 0): Verdict {
  const root = parse(text);
  if (root === null) return "UNKNOWN";
  let verdict: Verdict = "LOW";
  for (const command of commandsOf(root)) {
    const invocation = invocationOf(command);
    verdict = worst(verdict, judge(command, { invocation, parse, depth }));
    if (isWrapper(invocation)) {
      // Only danger counts: words of a wrapper that are not clear are the business of the rails.
      const inner = judge(command, { invocation: throughWrappers(invocation), parse, depth });
      if (inner === "HIGH") verdict = inner;
    }
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}

interface Judged {
  invocation: Invocation;
  parse: ParseShell;
  depth: number;
}

function judge(command: Command, judged: Judged): Verdict {
  return worst(judgeWords(command, judged.invocation), judgeSource(command, judged));
}

function judgeWords({ node }: Command, invocation: Invocation): Verdict {
  const isDelete = invocation.name === "rm";
  if (!deletesByForce(invocation)) return isDelete && mayDeleteByForce(invocation) ? "UNKNOWN" : "LOW";
  if (isDelete) return "HIGH";
  return invocation.name === null || node.hasError ? "UNKNOWN" : "LOW";
}

function judgeSource(command: Command, { invocation, parse, depth }: Judged): Verdict {
  const { name } = invocation;
  const { text, isUncertain } = executedSource(command, invocation);
  if (text !== null) {
    if (depth >= MAX_NESTING) return "UNKNOWN";
    const inner = findRecursiveDelete(text, parse, depth + 1);
    if (inner !== "LOW") return inner;
  }
  const runsText = isRunner(invocation) || (name !== null && EVALUATORS.has(name));
  return isUncertain || (runsText && command.node.hasError) ? "UNKNOWN" : "LOW";
}
