import { shellQuote } from "../../shell-quote.ts";
import { WorkspaceError } from "../workspace-error.ts";
import { RUNNER, type RunnerSpec, specLines, sweepScript } from "./run/runner-script.ts";
import { LostRequest, lost } from "./server/remote-failure.ts";
import type { ResolvedRemote } from "./server/remote-options.ts";
import { RemoteServer, textPieces } from "./server/remote-server.ts";

/** Facts that the other machine states about itself. */
export interface MachineFacts {
  /** Folder that the other server was started in. */
  cwd: string;
  home: string;
  temporaryDir: string;
  username: string;
  hostname: string;
  /** Private folder for what commands need; goes when the workspace is closed. */
  folder: string;
}

const PREFIX = "agent-server-remote-";

/** Characters of a command that is sent as it is; a longer one is put into a file first. */
const MAX_INLINE = 16 * 1024;

/** How often a start is tried whose answer was lost. */
const START_ATTEMPTS = 3;

/** Minutes after which the folder of a workspace that was not closed is removed. Runs of commands touch it. */
const LEFT_AFTER_MINUTES = 2880;

const LOOK = `
umask 077
temporary=\${TMPDIR:-/tmp}
find "$temporary" -maxdepth 1 -name '${PREFIX}*' -user "$(id -u)" -mmin +${LEFT_AFTER_MINUTES} -exec rm -rf -- {} + 2>/dev/null
folder=$(mktemp -d "$temporary/${PREFIX}XXXXXXXXXX") || exit 1
cat >"$folder/runner"
printf '%s\\0' "$PWD" "$(cd ~ && pwd)" "$temporary" "$(id -un)" "$(uname -n)" "$folder"`;

/** The other machine, with a private folder there through which commands are run. */
export class RemoteMachine {
  readonly server: RemoteServer;
  readonly remote: ResolvedRemote;
  readonly facts: MachineFacts;
  #count = 0;
  /** Folders of runs that have ended. */
  #left: string[] = [];

  /** Rejects with `unavailable` for a server that cannot be reached or does not fit. */
  static async open(remote: ResolvedRemote): Promise<RemoteMachine> {
    const server = new RemoteServer(remote);
    const end = `END_${crypto.randomUUID().replaceAll("-", "")}`;
    const script = `{ ${LOOK}\n} <<'${end}'\n${RUNNER}\n${end}`;
    const { exitCode, stdout, stderr } = await server.execute(script);
    const [cwd = "", home = "", temporaryDir = "", username = "", name = "", folder = "", ...rest] =
      stdout.split("\0");
    if (
      exitCode !== 0 ||
      rest.length !== 1 ||
      ![cwd, home, temporaryDir, folder].every((path) => path.startsWith("/"))
    ) {
      throw lost(remote, `it is no machine with the GNU core utilities: ${stderr || stdout}`);
    }
    const hostname = name.split(".")[0] ?? "";
    const machine = new RemoteMachine(remote, server, {
      cwd,
      home,
      temporaryDir,
      username,
      hostname,
      folder,
    });
    await machine.#checkFiles();
    return machine;
  }

  private constructor(remote: ResolvedRemote, server: RemoteServer, facts: MachineFacts) {
    this.remote = remote;
    this.server = server;
    this.facts = facts;
  }

  /** A path in the private folder that nothing else has. It is not made. */
  newPath(prefix: string): string {
    this.#count += 1;
    return `${this.facts.folder}/${prefix}.${this.#count}`;
  }

  /**
   * Starts a program in the folder `R` of a run and returns the id of its command. Variables and long commands go by a
   * file that only the user there can read, not by the command, which the other server keeps.
   */
  async start(folder: string, spec: RunnerSpec, timeoutSeconds: number): Promise<string> {
    const lines = specLines(spec);
    const isInline = lines.length <= MAX_INLINE && Object.keys(spec.env).length === 0;
    if (!isInline) await this.server.upload(`${folder}/spec`, textPieces(lines));
    const removed = this.#left.splice(0);
    const command = [
      ...(removed.length > 0 ? [`rm -rf -- ${removed.map(shellQuote).join(" ")}`] : []),
      `R=${shellQuote(folder)}`,
      isInline ? lines : `. "$R/spec"`,
      `. ${shellQuote(`${this.facts.folder}/runner`)}`,
    ].join("\n");
    return this.#startOnce(command, folder, timeoutSeconds);
  }

  /** The folder of a run that has ended goes with the next start, or with the workspace. */
  leave(folder: string): void {
    this.#left.push(folder);
  }

  /** Ends what is left of a run: the reference signals a group, and leaves it as soon as its leader has ended. */
  async sweep(folder: string, tag: string | null): Promise<void> {
    await this.server.execute(sweepScript(folder, tag), { repeatable: true });
  }

  /** Removes the private folder. A server that is gone keeps it. */
  async close(): Promise<void> {
    const script = `rm -rf -- ${shellQuote(this.facts.folder)}`;
    await this.server.execute(script, { repeatable: true }).catch(() => {});
  }

  /** The runner refuses to begin a second time, so a start whose answer was lost may be repeated. */
  async #startOnce(command: string, folder: string, timeoutSeconds: number): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.server.start(command, timeoutSeconds);
      } catch (error) {
        if (!(error instanceof LostRequest) || attempt >= START_ATTEMPTS) throw error;
        const id = await this.server.findCommand(`R=${shellQuote(folder)}\n`);
        if (id !== null) return id;
      }
    }
  }

  /** Commands and file routes must see the same folder. */
  async #checkFiles(): Promise<void> {
    const path = `${this.facts.folder}/runner`;
    const bytes = await this.server.tail(path, { offset: 0, length: RUNNER.length + 100 });
    if (new TextDecoder().decode(bytes).trim() === RUNNER.trim()) return;
    await this.close();
    throw new WorkspaceError(
      "unavailable",
      `The remote machine at ${this.remote.address} cannot be used: its file routes do not see the folder ` +
        `${this.facts.temporaryDir}, which its commands use for temporary files`,
    );
  }
}
