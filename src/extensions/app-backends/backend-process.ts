import { messageOf } from "../../errors.ts";
import { LONGEST_TIMER, settledWithin } from "../../waiting.ts";
import { APP_VARIABLES } from "../../wire/extensions/canvas-manifest.ts";
import { InputQueue } from "../../workspace/lines/input-queue.ts";
import { OutputBrake } from "../../workspace/lines/output-brake.ts";
import type { OutputChunk, Workspace } from "../../workspace/workspace.ts";

/** A back end as it is started. */
export interface BackendCommand {
  /** The program, by its real path, and its arguments. */
  argv: readonly string[];
  /** Absolute path of the folder of the extension. */
  cwd: string;
  /** Absolute path of its home folder. */
  home: string;
  /** Names of the variables of the machine that it sees. */
  variables: readonly string[];
  /** Stands in the environment of everything that it starts. */
  tag: string;
  onOutput(chunk: OutputChunk): void;
}

/** Name of the variable with the tag. */
const TAG = "AGENT_SERVER_APP";

/** Milliseconds from the end of the keeper's input until all it keeps must have ended: see KEEPER. */
const STOP_LIMIT = 8_000;

/**
 * Runs a back end in a session and says its process id in a first line. When its input ends, the session gets SIGTERM
 * and five seconds later SIGKILL: the pipe is closed also when this process is killed. When the back end ends, so does
 * what it has left: in its session, and elsewhere by the tag in the environment.
 */
const KEEPER = `
exec 3<&0 </dev/null
setsid sh -c 'echo "$$"; exec "$@"' sh "$@" 3<&- &
app=$!
ended() { ! kill -0 "-$app" 2>/dev/null; }
tagged() { grep -lzx -- "$tag" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
trap 'kill -KILL "-$app" 2>/dev/null' TERM HUP
{
  trap '' TERM HUP
  cat <&3 >/dev/null
  kill -TERM "-$app"
  for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 \\
    26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50; do
    ended && break
    sleep 0.1
  done
  kill -KILL "-$app"
} >/dev/null 2>&1 &
keeper=$!
exec 3<&-
while :; do
  wait "$app"; code=$?
  kill -0 "$app" 2>/dev/null || break
done
kill -KILL "-$app" 2>/dev/null
for round in 1 2 3; do
  left=$(tagged)
  [ -z "$left" ] && break
  kill -KILL $left 2>/dev/null
done
kill -KILL "$keeper" 2>/dev/null
exit "$code"`;

/** A back end that runs, or has ended. */
export class BackendProcess {
  readonly #input = new InputQueue();
  readonly #brake = new OutputBrake();
  readonly #ending = new AbortController();
  readonly #onOutput: BackendCommand["onOutput"];
  readonly #ended: Promise<void>;
  readonly #named = Promise.withResolvers<void>();
  #head = "";
  #pid: number | null = null;
  #exitCode: number | null | undefined;

  constructor(workspace: Workspace, command: BackendCommand) {
    this.#onOutput = command.onOutput;
    this.#ended = this.#run(workspace, command).finally(() => this.#named.resolve());
  }

  /** Resolves once the process has its id, or has not started. */
  get begun(): Promise<void> {
    return this.#named.promise;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get isRunning(): boolean {
    return this.#exitCode === undefined;
  }

  /** The process id, in the session of which all that it starts begins. null before it is known. */
  get pid(): number | null {
    return this.#pid;
  }

  /** As the reference has it: the number of a signal below zero. null while it runs, and where it did not start. */
  get exitCode(): number | null {
    return this.#exitCode ?? null;
  }

  /** Ends it and all that it has started. Resolves when that is done. */
  async stop(): Promise<void> {
    this.#input.end();
    if (!(await settledWithin(this.#ended, STOP_LIMIT))) this.#ending.abort();
    await this.#ended;
  }

  async #run(workspace: Workspace, { argv, cwd, home, variables, tag }: BackendCommand): Promise<void> {
    const named = `${TAG}=${tag}`;
    // The names are those of a fixed list, so that they can stand in a script.
    const passed = APP_VARIABLES.filter((name) => variables.includes(name)).map(
      (name) => `\${${name}+"${name}=$${name}"}`,
    );
    const script = `home=$1; tag=$2; shift 2; set -- env -i "HOME=$home" "$tag" ${passed.join(" ")} "$@"${KEEPER}`;
    try {
      const { exitCode } = await workspace.run(["/bin/sh", "-c", script, "sh", home, named, ...argv], {
        cwd,
        timeout: LONGEST_TIMER,
        signal: this.#ending.signal,
        stdin: this.#input,
        maxBytes: 0,
        onOutput: (chunk) => this.#take(chunk),
      });
      this.#exitCode = exitCode !== null && exitCode > 128 ? 128 - exitCode : exitCode;
    } catch (error) {
      this.#onOutput({ stream: "stderr", bytes: new TextEncoder().encode(`${messageOf(error)}\n`) });
      this.#exitCode = null;
    }
    this.#input.end();
  }

  async #take(chunk: OutputChunk): Promise<void> {
    if (chunk.stream === "stderr" || this.#pid !== null) this.#onOutput(chunk);
    else this.#takeHead(chunk);
    this.#brake.count({ bytes: chunk.bytes.byteLength });
    await this.#brake.release();
  }

  /** Takes the first line for the process id. */
  #takeHead(chunk: OutputChunk): void {
    this.#head += new TextDecoder("latin1").decode(chunk.bytes);
    const end = this.#head.indexOf("\n");
    if (end < 0) return;
    this.#pid = Number(this.#head.slice(0, end));
    this.#named.resolve();
    const rest = chunk.bytes.subarray(chunk.bytes.byteLength - (this.#head.length - end - 1));
    if (rest.byteLength > 0) this.#onOutput({ stream: "stdout", bytes: rest });
  }
}
