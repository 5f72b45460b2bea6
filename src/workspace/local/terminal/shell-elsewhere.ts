import type { ProcessesElsewhere } from "../wrap-command.ts";
import { LocalShellProcess, type ShellProcess, type ShellProcessOptions } from "./shell-process.ts";

export interface ShellElsewhereOptions extends ShellProcessOptions {
  processes: ProcessesElsewhere;
  /** Process id of the shell where it runs. null before its first prompt. */
  shellPid(): number | null;
  /** Resolves when the process of this machine that passes the terminal on has ended. */
  exited: Promise<void>;
}

/** A shell that runs where this machine does not see its processes, behind a process that passes the terminal on. */
export class ShellElsewhere implements ShellProcess {
  readonly #options: ShellElsewhereOptions;

  constructor(options: ShellElsewhereOptions) {
    this.#options = options;
  }

  isAtPrompt(): boolean {
    return true;
  }

  async waitsForInput(): Promise<boolean> {
    return false;
  }

  lowerPriority(): void {
    // The place where it runs has separate limits.
  }

  async signalForeground(signal: NodeJS.Signals): Promise<void> {
    await this.#signal(signal);
  }

  async kill(): Promise<void> {
    await this.#signal("SIGKILL", true);
  }

  async endFamily(): Promise<void> {
    const { processes, exited } = this.#options;
    await processes.end(exited);
    await new LocalShellProcess(this.#options).endFamily();
  }

  async #signal(signal: NodeJS.Signals, isShell = false): Promise<void> {
    const { processes, shellPid } = this.#options;
    const pid = shellPid();
    if (pid !== null) await processes.signal(pid, signal, isShell);
  }
}
