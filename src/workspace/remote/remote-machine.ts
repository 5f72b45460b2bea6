import { createHash } from "node:crypto";
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

/** Calls whose results are kept after their ends, each with up to 5 MiB of output. */
const KEPT_CALLS = 16;
const CALL_PREFIX = "call.";

/** How often a start is tried whose answer was lost. */
const START_ATTEMPTS = 3;

/** Minutes after which the folder of a workspace that was not closed is removed. Runs of commands touch it. */
const LEFT_AFTER_MINUTES = 2880;

/** Makes a new private folder. Removes those that others have left. */
const NEW_FOLDER = `
find "$temporary" -maxdepth 1 -name '${PREFIX}*' -user "$(id -u)" -mmin +${LEFT_AFTER_MINUTES} -exec rm -rf -- {} + 2>/dev/null
folder=$(mktemp -d "$temporary/${PREFIX}XXXXXXXXXX") || exit 1`;

/**
 * Finds the private folder of a conversation, so that each server that has it uses the same one; or makes it, in the
 * home folder, where no other user can be faster.
 */
function lastingFolder(conversationId: string): string {
  const folder = `"$(cd ~ && pwd)/.cache/agent-server/machine`;
  return `
mkdir -p -- ${folder}" || exit 1
find ${folder}" -mindepth 1 -maxdepth 1 -mmin +${LEFT_AFTER_MINUTES} -exec rm -rf -- {} + 2>/dev/null
folder=${folder}/${conversationId}"
mkdir -p -- "$folder" && touch -- "$folder" || exit 1
find "$folder" -mindepth 1 -maxdepth 1 -mmin +${LEFT_AFTER_MINUTES} -exec rm -rf -- {} + 2>/dev/null`;
}

/** Puts the runner into the folder, whole: programs there may be reading an earlier one. */
const look = (makeFolder: string) => `
umask 077
temporary=\${TMPDIR:-/tmp}${makeFolder}
cat >"$folder/runner.new" && mv -f -- "$folder/runner.new" "$folder/runner" || exit 1
printf '%s\\0' "$PWD" "$(cd ~ && pwd)" "$temporary" "$(id -un)" "$(uname -n)" "$folder"`;

/** The other machine, with a private folder there through which commands are run. */
export class RemoteMachine {
  readonly server: RemoteServer;
  readonly remote: ResolvedRemote;
  readonly facts: MachineFacts;
  #count = 0;
  /** Tells the paths of this server from those of others that had the conversation. */
  readonly owner: string;
  /** Folders of runs that have ended. */
  #left: string[] = [];
  /** Folders of the calls that have ended last. */
  readonly #kept: string[] = [];

  /**
   * Rejects with `unavailable` for a server that cannot be reached or does not fit. Under claims, what came under
   * earlier ones is over then.
   */
  static async open(remote: ResolvedRemote): Promise<RemoteMachine> {
    const server = new RemoteServer(remote);
    const [claim] = remote.claims?.list ?? [];
    if (claim !== undefined) await server.showClaims();
    const makeFolder = claim === undefined ? NEW_FOLDER : lastingFolder(claim.conversationId);
    const end = `END_${crypto.randomUUID().replaceAll("-", "")}`;
    const script = `{ ${look(makeFolder)}\n} <<'${end}'\n${RUNNER}\n${end}`;
    const { exitCode, stdout, stderr } = await server.execute(script, { repeatable: claim !== undefined });
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
    const [claim] = remote.claims?.list ?? [];
    this.owner = claim === undefined ? "" : `${claim.fence}.`;
  }

  /** Whether the machine outlives this server, so that the next one finds what is begun under known names. */
  get lasts(): boolean {
    return this.remote.claims !== undefined;
  }

  /** A path in the private folder that nothing else has. It is not made. */
  newPath(prefix: string): string {
    this.#count += 1;
    return `${this.facts.folder}/${prefix}.${this.owner}${this.#count}`;
  }

  /** A path in the private folder that every server finds by its name. */
  knownPath(name: string): string {
    return `${this.facts.folder}/${name}`;
  }

  /** The id of the command that does something of a call, the same for every server. */
  idOf(...words: readonly string[]): string {
    const hex = createHash("sha256")
      .update(JSON.stringify([this.facts.folder, ...words]))
      .digest("hex");
    return hex.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
  }

  /** Sends nothing any more. What runs there goes on. */
  abandon(): void {
    this.server.leave();
  }

  /**
   * Starts a program in the folder `R` of a run and returns the id of its command. Variables and long commands go by a
   * file that only the user there can read, not by the command, which the other server keeps. Under an id it is started
   * once, whichever server asks.
   */
  async start(
    folder: string,
    spec: RunnerSpec,
    { timeoutSeconds, id }: { timeoutSeconds: number; id?: string | undefined },
  ): Promise<string> {
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
    if (id !== undefined) return this.server.start(command, timeoutSeconds, { id });
    return this.#startOnce(command, folder, timeoutSeconds);
  }

  /**
   * The folder of a run that has ended goes with the next start, or with the workspace. That of a call is kept for a
   * while: its result may not be stored yet when this server dies.
   */
  leave(folder: string): void {
    if (!folder.startsWith(this.knownPath(CALL_PREFIX))) {
      this.#left.push(folder);
      return;
    }
    this.#kept.push(folder);
    if (this.#kept.length > KEPT_CALLS) this.#left.push(...this.#kept.splice(0, 1));
  }

  /** The folder of the program of a call. */
  callFolder(id: string): string {
    return this.knownPath(`${CALL_PREFIX}${id}`);
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
