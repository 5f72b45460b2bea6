import { messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import { InputQueue } from "../../workspace/lines/input-queue.ts";
import { LineReader } from "../../workspace/lines/line-reader.ts";
import type { OutputChunk, RunResult, Workspace } from "../../workspace/workspace.ts";
import type { Delegation } from "../delegation.ts";
import { DRIVER } from "./driver.ts";

/** Bytes of one line of the driver. It cuts what may be long. */
const MAX_LINE = 16 * 1024 * 1024;
/** Milliseconds that the driver has to end by itself after its deadline. */
const GRACE = 10_000;
/** Characters that are kept of what the program wrote to its error output last. */
const STDERR_TAIL = 2_000;
/** Characters of the result of one sub-agent that the script gets. */
const MAX_ANSWER = 1_000_000;

/** A workflow to run. */
export interface Workflow {
  script: string;
  /** Sub-agents at once. */
  maxConcurrency: number;
  /** Whether sub-agents may have no tools that the agent lacks. */
  isScoped: boolean;
  toolCallId: string;
}

/** The end of a workflow. */
export interface WorkflowEnd {
  status: "completed" | "error";
  /** The text of what the script returned, or its error. */
  text: string;
}

export interface WorkflowRunOptions {
  workspace: Workspace;
  delegation: Delegation;
  /** Program that runs Python. */
  python: string;
  /** Seconds that the workflow may take. */
  seconds: number;
}

interface AgentCall {
  call: number;
  prompt: string;
  subagent_type: string;
  description: string | null;
}

/**
 * Runs one workflow script: Python on the machine of the conversation, whose calls of sub-agents are carried out here.
 */
export class WorkflowRun {
  readonly #options: WorkflowRunOptions;
  readonly #workflow: Workflow;
  readonly #input = new InputQueue();
  readonly #lines = new LineReader(MAX_LINE);
  /** Ends the sub-agents with the program. */
  readonly #ending = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  #end: WorkflowEnd | undefined;
  #stderr = "";

  constructor(workflow: Workflow, options: WorkflowRunOptions) {
    this.#workflow = workflow;
    this.#options = options;
  }

  /** Resolves with the end of the workflow. Rejects with the reason of the signal. */
  async run(signal: AbortSignal): Promise<WorkflowEnd> {
    const { workspace, python, seconds } = this.#options;
    const { script, maxConcurrency: max_concurrency } = this.#workflow;
    this.#write({ script, max_concurrency, seconds });
    const either = AbortSignal.any([signal, this.#ending.signal]);
    try {
      const result = await workspace.run([python, "-I", "-S", "-c", DRIVER], {
        timeout: seconds * 1000 + GRACE,
        signal: either,
        stdin: this.#input,
        maxBytes: 0,
        onOutput: (chunk) => this.#take(chunk, either),
      });
      signal.throwIfAborted();
      return this.#end ?? { status: "error", text: this.#endedEarly(result) };
    } finally {
      this.#input.end();
      this.#ending.abort(new Error("The workflow has ended"));
      await Promise.all(this.#calls);
    }
  }

  #take({ stream, bytes }: OutputChunk, signal: AbortSignal): void {
    if (stream === "stderr") {
      this.#stderr = (this.#stderr + new TextDecoder().decode(bytes)).slice(-STDERR_TAIL);
      return;
    }
    for (const line of this.#lines.push(bytes)) this.#read(line, signal);
  }

  #read(line: string, signal: AbortSignal): void {
    const message: unknown = JSON.parse(line);
    if (isEnd(message)) {
      this.#end = { status: message.end, text: message.text };
      this.#input.end();
    } else if (isCall(message)) {
      this.#call(message, signal);
    } else throw new Error("The program of the workflow has sent something else than a call");
  }

  #call(call: AgentCall, signal: AbortSignal): void {
    const { maxConcurrency } = this.#workflow;
    if (this.#calls.size >= maxConcurrency)
      throw new Error(
        `The program of the workflow has started more than ${maxConcurrency} sub-agents at once`,
      );
    const calling = this.#answer(call, signal);
    this.#calls.add(calling);
    void calling.then(() => this.#calls.delete(calling));
  }

  /** Never rejects: an answer that cannot be written is for a program that has ended. */
  async #answer(
    { call, prompt, subagent_type: kind, description }: AgentCall,
    signal: AbortSignal,
  ): Promise<void> {
    const { isScoped, toolCallId } = this.#workflow;
    const answer = await this.#options.delegation
      .run({ prompt, kind, description, isScoped, toolCallId }, signal)
      .then(({ status, text }) => ({ [status === "error" ? "error" : "result"]: text.slice(0, MAX_ANSWER) }))
      .catch((error: unknown) => ({ error: messageOf(error) }));
    try {
      this.#write({ call, ...answer });
    } catch {
      this.#ending.abort(new Error("The program of the workflow reads no more"));
    }
  }

  #write(message: object): void {
    this.#input.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  }

  #endedEarly({ outcome, exitCode, signal }: RunResult): string {
    if (outcome === "timed_out") return `The workflow did not end within ${this.#options.seconds} seconds`;
    const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
    return [`The program of the workflow ended ${how} before the script did.`, this.#stderr.trim()]
      .join("\n")
      .trim();
  }
}

function isEnd(message: unknown): message is { end: "completed" | "error"; text: string } {
  if (!isObject(message) || typeof message.text !== "string") return false;
  return message.end === "completed" || message.end === "error";
}

function isCall(message: unknown): message is AgentCall {
  if (!isObject(message)) return false;
  const { call, prompt, subagent_type, description } = message;
  const isLabelled = description === null || typeof description === "string";
  return (
    typeof call === "number" && typeof prompt === "string" && typeof subagent_type === "string" && isLabelled
  );
}
