import type {
  CreateTerminalRequest,
  CreateTerminalResponse,
  KillTerminalRequest,
  ReleaseTerminalRequest,
  TerminalOutputRequest,
  TerminalOutputResponse,
  WaitForTerminalExitResponse,
} from "@agentclientprotocol/sdk";
import { LONGEST_TIMER, untilAborted } from "../../waiting.ts";
import type { RunResult, Workspace } from "../../workspace/workspace.ts";
import { MAX_TERMINAL_BYTES, MAX_TERMINALS } from "../limits.ts";
import { OutputTail } from "./output-tail.ts";

/** A command that a program has started. */
interface Terminal {
  tail: OutputTail;
  ending: AbortController;
  done: Promise<RunResult>;
  result: RunResult | undefined;
}

type Named = Pick<TerminalOutputRequest, "terminalId">;

/** Commands that a program leaves to us: they run on the machine of the agent and end with the session. */
export class ClientTerminals {
  readonly #workspace: Workspace;
  readonly #terminals = new Map<string, Terminal>();
  #count = 0;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Starts a command. Its output keeps the end where it is too long. */
  async create(request: CreateTerminalRequest): Promise<CreateTerminalResponse> {
    if (this.#terminals.size >= MAX_TERMINALS)
      throw new Error(`a session has at most ${MAX_TERMINALS} terminals: release some`);
    const { command, args = [], env = [], cwd, outputByteLimit } = request;
    const tail = new OutputTail(Math.min(outputByteLimit ?? MAX_TERMINAL_BYTES, MAX_TERMINAL_BYTES));
    const ending = new AbortController();
    const done = this.#workspace.run([command, ...args], {
      env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
      ...(cwd == null ? {} : { cwd }),
      timeout: LONGEST_TIMER,
      signal: ending.signal,
      maxBytes: 4_096,
      onOutput: ({ bytes }) => tail.add(bytes),
    });
    const terminal: Terminal = { tail, ending, done, result: undefined };
    this.#count += 1;
    const terminalId = `terminal-${this.#count}`;
    this.#terminals.set(terminalId, terminal);
    done.then(
      (result) => {
        terminal.result = result;
        if (result.outcome === "exited" && tail.isEmpty) tail.add(new TextEncoder().encode(result.stderr));
      },
      () => {},
    );
    return { terminalId };
  }

  output({ terminalId }: TerminalOutputRequest): TerminalOutputResponse {
    const { tail, result } = this.#get({ terminalId });
    const ended = result && { exitStatus: exitOf(result) };
    return { output: tail.text(), truncated: tail.isCut, ...ended };
  }

  /** Resolves when the command has ended, and rejects when the program withdraws its question. */
  async waitForExit(named: Named, signal: AbortSignal): Promise<WaitForTerminalExitResponse> {
    return exitOf(await untilAborted(this.#get(named).done, signal));
  }

  /** Ends the command. Its output stays. */
  async kill(named: KillTerminalRequest): Promise<Record<string, never>> {
    const { ending, done } = this.#get(named);
    ending.abort();
    await done.catch(() => {});
    return {};
  }

  /** Ends the command and forgets it. */
  async release(named: ReleaseTerminalRequest): Promise<Record<string, never>> {
    await this.kill(named);
    this.#terminals.delete(named.terminalId);
    return {};
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#terminals.keys()].map((terminalId) => this.release({ terminalId, sessionId: "" })),
    );
  }

  #get({ terminalId }: Named): Terminal {
    const terminal = this.#terminals.get(terminalId);
    if (terminal === undefined) throw new Error(`terminalId: there is no terminal ${terminalId}`);
    return terminal;
  }
}

function exitOf({ exitCode, signal }: RunResult): WaitForTerminalExitResponse {
  return { exitCode, signal };
}
