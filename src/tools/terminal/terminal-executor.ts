import { AgentServerError } from "../../errors.ts";
import type { TerminalAction } from "../../wire/events/actions.ts";
import { text } from "../../wire/events/message.ts";
import type { TerminalObservation } from "../../wire/events/observations.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { CommandEnd, WaitOutcome, WorkspaceTerminal } from "../../workspace/workspace-terminal.ts";
import type { ToolCallContext, ToolExecutor, ToolHost } from "../tool.ts";
import { FLOOD_MEBIBYTES, remarkOnEnd, remarkOnPatience } from "./call-remarks.ts";
import { ConversationShell } from "./conversation-shell.ts";
import { keyCode } from "./keys.ts";
import { literalArgumentHint } from "./literal-argument.ts";
import { type TerminalResult, toObservation } from "./observation.ts";
import { OutputLog } from "./output-log.ts";
import * as remarks from "./remarks.ts";
import { readTerminalParams, type TerminalParams } from "./terminal-params.ts";

export interface TerminalInput extends Omit<TerminalAction, "kind"> {
  is_input: boolean;
  timeout: number | null;
  reset: boolean;
}

/** A call with its id. */
interface TerminalCall extends TerminalInput {
  actionId: string;
}

/** Maximum number of characters of output in one observation. */
const MAX_OUTPUT = 30_000;
/** Seconds after which a call without `timeout` returns. A command that prints forever is never quiet. */
const LONGEST_CALL = 3600;
const MAX_INPUT = 64 * 1024;
/** Share of the time without activity, after which the machine may be stopped, that one call may wait. */
const MAX_IDLE_SHARE = 0.9;

/** Answers the calls of a conversation with what its shell does, as a model reads it. */
export class TerminalExecutor implements ToolExecutor<TerminalInput> {
  readonly #host: ToolHost;
  readonly #params: TerminalParams;
  readonly #outputDir: string;
  readonly #log: OutputLog;
  readonly #shell: ConversationShell;
  /** Whether some output of the running command was reported. */
  #reported = false;

  constructor(host: ToolHost) {
    this.#host = host;
    this.#params = readTerminalParams(host.params);
    this.#outputDir = joinPath(host.workspace.info.dataDir, "observations");
    this.#log = new OutputLog({
      limit: MAX_OUTPUT,
      files: host.workspace.files,
      directory: this.#outputDir,
    });
    this.#shell = new ConversationShell({
      conversationId: host.conversationId,
      workspace: host.workspace,
      params: this.#params,
      onText: (output) => this.#log.append(output),
      onStart: () => this.#log.breakLine(),
    });
  }

  async run(input: TerminalInput, { signal, actionId }: ToolCallContext): Promise<TerminalObservation> {
    signal.throwIfAborted();
    if (input.reset && input.is_input) throw refused("`reset` and `is_input` cannot be used together.");
    const hint = input.is_input ? null : literalArgumentHint(input.command);
    if (hint !== null)
      return this.#observe({ command: input.command, output: hint, isError: true, exitCode: null });
    this.#log.setMask(await this.#host.secrets.mask());
    await this.#shell.find();
    const call = { ...input, actionId };
    if (input.reset) return this.#reset(call, signal);
    return this.#execute(call, signal);
  }

  /** Waits for a command that another server has typed. Input for a program is not known to have arrived. */
  async resume(
    input: TerminalInput,
    { signal, actionId }: ToolCallContext,
  ): Promise<TerminalObservation | undefined> {
    const shell = await this.#shell.find();
    const command = input.command.trim();
    if (shell === null || input.is_input || input.reset) return undefined;
    const call = { ...input, actionId };
    if (command === "") return this.#shell.hasOpenCommand ? this.#wait(shell, call, signal) : undefined;
    await this.#host.secrets.referencedIn(command);
    this.#log.setMask(await this.#host.secrets.mask());
    if (!(await this.#shell.resume(actionId))) return undefined;
    return this.#wait(shell, call, signal);
  }

  async close(): Promise<void> {
    await this.#shell.close();
    await this.#log.clear();
  }

  async #reset(input: TerminalCall, signal: AbortSignal): Promise<TerminalObservation> {
    await this.#shell.reset();
    await this.#log.clear();
    await this.#shell.start();
    if (input.command.trim() === "") {
      return this.#observe({ command: "[RESET]", output: remarks.RESET, exitCode: 0 });
    }
    const observation = await this.#execute({ ...input, reset: false }, signal);
    const output = observation.content.map((part) => (part.type === "text" ? part.text : "")).join("");
    return {
      ...observation,
      content: [text(`${remarks.RESET}\n\n${output}`)],
      command: `[RESET] ${input.command.trim()}`,
    };
  }

  async #execute(input: TerminalCall, signal: AbortSignal): Promise<TerminalObservation> {
    const command = input.command.trim();
    const tooLong = command === "" || input.is_input ? null : this.#tooPatient(input.timeout);
    if (tooLong !== null) return this.#refuse(command, tooLong);
    if (!this.#shell.hasOpenCommand) {
      if (input.command === "" || (command === "" && !input.is_input))
        return this.#refuse(command, remarks.NOTHING_TO_POLL);
      if (input.is_input) return this.#refuse(command, remarks.NOTHING_TO_INTERACT);
      return this.#runCommand(input, signal);
    }
    const session = this.#shell.terminal;
    if (session === null) throw new Error("The terminal is closed.");
    if (command === "" && !(input.is_input && input.command !== ""))
      return this.#wait(session, input, signal);
    if (input.is_input) return this.#sendInput(session, input, signal);
    if (session.state === "running") return this.#refuseWhileRunning(session, command);
    await this.#notePreviousEnd(session);
    return this.#runCommand(input, signal);
  }

  /** Refuses a timeout that is too near to the moment the machine may be stopped. null for one that is fine. */
  #tooPatient(timeout: number | null): string | null {
    const idle = this.#host.workspace.info.idleTimeoutSeconds ?? 0;
    const limit = idle * MAX_IDLE_SHARE;
    return idle <= 0 || timeout === null || timeout <= limit
      ? null
      : remarks.tooPatient(timeout, { idle, limit: Number(limit.toFixed(3)) });
  }

  async #runCommand(input: TerminalCall, signal: AbortSignal): Promise<TerminalObservation> {
    const exports = await this.#host.secrets.referencedIn(input.command);
    // Values that were looked up for this command are masked too.
    this.#log.setMask(await this.#host.secrets.mask());
    const session = await this.#shell.run(input.command, exports, input.actionId);
    this.#reported = false;
    return this.#wait(session, input, signal);
  }

  async #sendInput(
    session: WorkspaceTerminal,
    input: TerminalInput,
    signal: AbortSignal,
  ): Promise<TerminalObservation> {
    if (input.command.length > MAX_INPUT) {
      throw refused(
        `Input of ${input.command.length} characters is too long: send at most ${MAX_INPUT} at once.`,
      );
    }
    if (session.state !== "running") return this.#report(session, { input, outcome: "ended", late: true });
    session.write(this.#typed(session, input.command));
    return this.#wait(session, input, signal);
  }

  #typed(session: WorkspaceTerminal, command: string): string {
    const key = keyCode(command, session.applicationCursorKeys);
    if (key !== null) return key;
    // "q" for a pager is a key. An Enter after it would go to the next program.
    if (session.fullScreenText !== null && [...command].length === 1) return command;
    return `${command.replaceAll("\n", "\r")}\r`;
  }

  async #wait(
    session: WorkspaceTerminal,
    input: TerminalInput,
    signal: AbortSignal,
  ): Promise<TerminalObservation> {
    const patience = input.timeout ?? LONGEST_CALL;
    const outcome = await session.wait({
      timeout: patience * 1000,
      input: true,
      ...(input.timeout === null && {
        quiet: this.#params.noChangeTimeout * 1000,
        flood: FLOOD_MEBIBYTES * 1024 * 1024,
      }),
      signal,
    });
    if (outcome === "aborted") await session.interrupt();
    return this.#report(session, { input, outcome, patience });
  }

  async #report(
    session: WorkspaceTerminal,
    call: { input: TerminalInput; outcome: WaitOutcome; patience?: number; late?: boolean },
  ): Promise<TerminalObservation> {
    const command = call.input.command.trim();
    const { end } = session;
    const prefix = this.#reported ? remarks.CONTINUED : "";
    if (this.#shell.isClosed) {
      return this.#observe({ command, output: remarks.CLOSED, exitCode: -1, isError: true });
    }
    const output = await this.#takeOutput(session, end);
    this.#reported ||= output !== "";
    if (end === null) {
      const { noChangeTimeout } = this.#params;
      const suffix = remarkOnPatience(call.outcome, { patience: call.patience ?? 0, noChangeTimeout });
      return this.#observe({ command, output, metadata: { prefix, suffix } });
    }
    await this.#shell.settle();
    const { exitCode } = end;
    const { username, hostname } = this.#host.workspace.info;
    const { workingDir } = this.#shell;
    const metadata = {
      username,
      hostname,
      exit_code: exitCode,
      pid: end.kind === "prompt" ? end.backgroundPid : -1,
      working_dir: workingDir,
      py_interpreter_path: end.kind === "prompt" ? end.pythonPath : null,
      prefix,
    };
    const suffix = remarkOnEnd(end, call, workingDir);
    return this.#observe({ command, output, metadata: { ...metadata, suffix } });
  }

  async #refuseWhileRunning(session: WorkspaceTerminal, command: string): Promise<TerminalObservation> {
    const prefix = this.#reported ? remarks.CONTINUED : "";
    const output = await this.#takeOutput(session, null);
    this.#reported ||= output !== "";
    const metadata = { prefix, suffix: remarks.notExecuted(command) };
    return this.#observe({ command, output, metadata, isError: true });
  }

  /** Puts the last output of an earlier command, which has ended since, before that of a new one. */
  async #notePreviousEnd(session: WorkspaceTerminal): Promise<void> {
    if (session.end === null) return;
    // A prompt has passed the screen on; a shell that exited has not.
    if (session.state === "exited") this.#log.append(session.pendingText);
    this.#log.breakLine();
    this.#log.append(remarks.previousCompleted(session.end.exitCode));
    await this.#shell.settle();
  }

  /** Shows the screen of a full-screen program. The text under it is reported after the program has ended. */
  async #takeOutput(session: WorkspaceTerminal, end: CommandEnd | null): Promise<string> {
    const fullScreen = end === null ? session.fullScreenText : null;
    if (fullScreen !== null) return this.#log.mask(fullScreen);
    // What comes after a prompt belongs to background jobs and is reported with the next command.
    const pending = end?.kind === "prompt" ? "" : session.pendingText;
    return this.#log.report(pending, end !== null);
  }

  #refuse(command: string, reason: string): TerminalObservation {
    return this.#observe({ command, output: reason, isError: true, exitCode: null });
  }

  #observe(result: Omit<TerminalResult, "outputDir">): TerminalObservation {
    return toObservation({ ...result, outputDir: this.#outputDir });
  }
}

/** A refusal counts as a mistake of the model; a plain error would count as a failure of the terminal. */
function refused(message: string): AgentServerError {
  return new AgentServerError("unprocessable", message);
}
