import { setTimeout as sleep } from "node:timers/promises";
import { settledWithin, untilAborted } from "../../../waiting.ts";
import { WorkspaceError } from "../../workspace-error.ts";
import type { RemoteMachine } from "../remote-machine.ts";
import { LostRequest, lost } from "../server/remote-failure.ts";
import type { Frame } from "./frame-parser.ts";
import { RunLog } from "./run-log.ts";
import { type RunnerSpec, tellScript } from "./runner-script.ts";

/** Milliseconds between two looks at the log: soon after something has come, later when nothing does. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;

/** Milliseconds of silence after which it is asked whether the command is there at all; then twice as many. */
const FIRST_DOUBT = 1000;
const LONGEST_DOUBT = 10_000;

/** Milliseconds until a command that was stopped counts as ended. */
const STOP_LIMIT = 10_000;

/** Milliseconds that a consumer has for the last output of a program that was stopped. */
const DRAIN_LIMIT = 1000;

export interface RemoteProcessOptions {
  /** Content of the standard input. Only with the input `file`. */
  stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Seconds after which the other server ends the program, even if this one has gone. */
  timeoutSeconds: number;
  /** `NAME=value` of every process of a terminal. Default: none. */
  tag?: string;
  /** Takes a piece of output. The program waits meanwhile. */
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void | Promise<void>;
  /** Called when a piece of the input was taken. */
  onInputTaken?(): void;
  /** Milliseconds between two looks at most, while nothing is expected. Default: 250. */
  longestPause?(): number;
}

/** Where a program runs that was started. */
export interface ProcessPlace {
  /** Folder of its run. */
  folder: string;
  /** Id of its command. */
  id: string;
}

/** A program on the other machine. Its log is read until it has ended. */
export class RemoteProcess {
  readonly #machine: RemoteMachine;
  readonly #options: RemoteProcessOptions;
  readonly #log: RunLog;
  readonly #stopping = new AbortController();
  readonly #caughtUp = Promise.withResolvers<void>();
  /** Where it runs. */
  readonly place: ProcessPlace;
  /** Read, and not taken yet. */
  readonly #frames: Frame[] = [];
  #status: number | null = null;
  #wake: (() => void) | null = null;
  #isExpecting = false;
  #stopped: Promise<void> | null = null;
  /** Resolves to the exit code of a shell; null when the program was stopped. Rejects when the machine is lost. */
  readonly ended: Promise<number | null>;

  /** Resolves once the other server has started it: at its known place once, or else at a new one. */
  static async start(
    machine: RemoteMachine,
    options: RemoteProcessOptions & { spec(folder: string): RunnerSpec },
    known?: ProcessPlace,
  ): Promise<RemoteProcess> {
    const { spec, stdin, timeoutSeconds } = options;
    const folder = known?.folder ?? machine.newPath("run");
    if (stdin !== undefined) await machine.server.upload(`${folder}/stdin`, stdin);
    const id = await machine.start(folder, spec(folder), { timeoutSeconds, id: known?.id });
    return new RemoteProcess(machine, options, { folder, id, log: logOf(machine, folder) });
  }

  /**
   * Follows a program that another server may have started. `isWhole` is false where the beginning of its log is gone.
   */
  static async resume(
    machine: RemoteMachine,
    options: RemoteProcessOptions,
    place: ProcessPlace,
  ): Promise<{ process: RemoteProcess; isWhole: boolean }> {
    const log = logOf(machine, place.folder);
    const isWhole = await log.begin();
    return { process: new RemoteProcess(machine, options, { ...place, log }), isWhole };
  }

  private constructor(
    machine: RemoteMachine,
    options: RemoteProcessOptions,
    { log, ...place }: ProcessPlace & { log: RunLog },
  ) {
    this.#machine = machine;
    this.#options = options;
    this.place = place;
    this.#log = log;
    this.ended = this.#follow();
    this.ended.catch(() => {});
  }

  /** Resolves once everything was taken that was in the log, or the program has ended. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Path of a file of this run. */
  path(name: string): string {
    return `${this.place.folder}/${name}`;
  }

  /** Looks at the log soon: something is expected. */
  wake(): void {
    this.#isExpecting = true;
    this.#wake?.();
  }

  /**
   * Passes a piece on as input, under an id once. Resolves when it is there, not when it was read.
   */
  async write(name: string, bytes: Uint8Array, id?: string): Promise<void> {
    await this.#machine.server.upload(this.path(name), bytesOnce(bytes));
    await this.pass(name, id);
  }

  /** Passes a piece on that is there. */
  async pass(name: string, id?: string): Promise<void> {
    await this.#machine.server.execute(tellScript(this.place.folder, "ctl", `in ${name}`), { id });
    this.wake();
  }

  /** Writes a line into a pipe of the runner. */
  async tell(pipe: "ctl" | "signal", line: string): Promise<void> {
    await this.#machine.server.execute(tellScript(this.place.folder, pipe, line));
  }

  /** Ends the program with its group, and takes what it has printed. `ended` resolves to null. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    try {
      await this.#machine.server.stop(this.place.id);
      await this.#machine.sweep(this.place.folder, this.#options.tag ?? null);
      const deadline = performance.now() + STOP_LIMIT;
      while (
        (await this.#machine.server.end(this.place.id, { isLook: true })) === null &&
        performance.now() < deadline
      )
        await sleep(50);
      await this.ended.catch(() => {});
      await this.#drain();
    } catch {
      // The machine is gone, and with it what can be known of the program.
    }
    this.#machine.leave(this.place.folder);
  }

  /** Takes what the program had printed. A consumer that does not come back is not waited for. */
  async #drain(): Promise<void> {
    do {
      this.#frames.push(...(await this.#log.read()));
      if (!(await settledWithin(this.#take(), DRAIN_LIMIT))) return;
    } while (this.#frames.length > 0);
  }

  async #follow(): Promise<number | null> {
    try {
      await this.#followLog().finally(() => this.#caughtUp.resolve());
    } catch (error) {
      if (this.#stopping.signal.aborted) return null;
      // Output that cannot be taken, or a machine that is lost: the program must not run on.
      void this.stop();
      throw error;
    }
    if (this.#status !== null && this.#stopped === null) this.#machine.leave(this.place.folder);
    return this.#stopping.signal.aborted ? null : this.#status;
  }

  async #followLog(): Promise<void> {
    const { signal } = this.#stopping;
    let pause = FIRST_PAUSE;
    let doubt = FIRST_DOUBT;
    let heardAt = performance.now();
    while (this.#status === null && !signal.aborted) {
      if (await this.#readAndTake(signal)) {
        pause = FIRST_PAUSE;
        doubt = FIRST_DOUBT;
        heardAt = performance.now();
        continue;
      }
      this.#caughtUp.resolve();
      if (performance.now() - heardAt > doubt) {
        await this.#checkAlive(signal);
        doubt = Math.min(doubt * 2, LONGEST_DOUBT);
        heardAt = performance.now();
      }
      await this.#pause(this.#isExpecting ? FIRST_PAUSE : pause);
      const longest = this.#options.longestPause?.() ?? LONGEST_PAUSE;
      pause = this.#isExpecting ? FIRST_PAUSE : Math.min(pause * 2, longest);
      this.#isExpecting = false;
    }
  }

  /** False when there was nothing new. */
  async #readAndTake(signal: AbortSignal): Promise<boolean> {
    const frames = await this.#read(signal);
    this.#frames.push(...frames);
    await untilAborted(this.#take(), signal);
    return frames.length > 0;
  }

  /** Bridges an outage of the other server as long as the patience lasts. */
  async #read(signal: AbortSignal): Promise<Frame[]> {
    const until = performance.now() + this.#machine.remote.patience;
    for (;;) {
      try {
        return await this.#log.read(signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof LostRequest)) throw error;
        if (performance.now() > until) {
          throw new WorkspaceError("unavailable", `${error.message}. The command may still be running there`);
        }
        await sleep(LONGEST_PAUSE, undefined, { signal });
      }
    }
  }

  /** Rejects when the command has ended without the end of its log: its server, or the runner, was killed. */
  async #checkAlive(signal: AbortSignal): Promise<void> {
    const end = await this.#machine.server
      .end(this.place.id, { signal, isLook: true })
      .catch((error: unknown) => {
        if (error instanceof LostRequest) return null;
        throw error;
      });
    if (end === null) return;
    if ((await this.#readAndTake(signal)) || this.#status !== null) return;
    const said = end.stderr.trim() || `exit code ${end.exitCode}`;
    throw lost(this.#machine.remote, `the command was cut short there: ${said}`);
  }

  async #take(): Promise<void> {
    for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
      const { kind, bytes } = frame;
      if (kind === "o") await this.#options.onOutput("stdout", bytes);
      if (kind === "e") await this.#options.onOutput("stderr", bytes);
      if (kind === "i") this.#options.onInputTaken?.();
      if (kind === "x") this.#status = Number.parseInt(Buffer.from(bytes).toString("latin1"), 10) || 0;
    }
  }

  /** Waits for a while, or until something is expected. */
  async #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#wake = resolve;
    await promise;
    this.#wake = null;
    clearTimeout(timer);
  }
}

function logOf({ server, remote }: RemoteMachine, folder: string): RunLog {
  return new RunLog({ server, remote, folder });
}

async function* bytesOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
