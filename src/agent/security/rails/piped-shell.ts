import type { Invocation } from "../shell/command.ts";
import { executedInput, executedSource } from "../shell/executed-source.ts";
import { isRunner } from "../shell/runner.ts";
import { type ShellData, standardInputOf } from "../shell/standard-input.ts";
import { pipedOutputOf } from "../shell/standard-output.ts";
import { type Verdict, worst } from "../shell/verdict.ts";
import { directCommands, type Resolved, type Stage } from "./pipeline.ts";

/** Judges shell text that runs inside the text; `input` is what its commands can read. */
export type JudgeSource = (text: string | null, input?: ShellData) => Verdict;

/** Follows text that one stage writes and a shell in the next one runs. */
export function followPipedShells(stages: readonly Stage[], judge: JudgeSource): Verdict {
  let verdict: Verdict = "LOW";
  for (const [index, stage] of stages.entries()) {
    const next = stages[index + 1];
    if (next !== undefined) verdict = worst(verdict, followPipe(stage, next, judge));
  }
  return verdict;
}

function followPipe(from: Stage, to: Stage, judge: JudgeSource): Verdict {
  const [producer, ...otherProducers] = directCommands(from);
  const [consumer, ...otherConsumers] = directCommands(to);
  if (consumer === undefined) return "LOW";
  const mayRun = [consumer, ...otherConsumers].some(({ invocation }) => mayBeRunner(invocation));
  if (producer === undefined || otherProducers.length > 0) return mayRun ? "UNKNOWN" : "LOW";
  const output = pipedOutputOf(producer.command, producer.invocation, from.node);
  if (output === undefined) return "LOW";
  if (otherConsumers.length > 0) return mayRun ? "UNKNOWN" : "LOW";
  if (mayRun && !isRunner(consumer.invocation)) return "UNKNOWN";
  return followInput(consumer, { output, stage: to, judge });
}

function mayBeRunner(invocation: Invocation): boolean {
  return isRunner(invocation) || invocation.isUncertain || invocation.name === null;
}

function followInput(
  { command, invocation }: Resolved,
  { output, stage, judge }: { output: ShellData; stage: Stage; judge: JudgeSource },
): Verdict {
  const piped = { initial: output, within: stage.node };
  const run = executedInput(command, invocation, piped);
  if (run !== undefined) return judge(run === "unknown" ? null : run.text);
  const { isGiven, text, isUncertain } = executedSource(command, invocation);
  const input = isGiven ? standardInputOf(command, piped) : undefined;
  return worst(isUncertain ? "UNKNOWN" : "LOW", input === undefined ? "LOW" : judge(text, input));
}
