import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { settledWithin } from "../../waiting.ts";
import { sendSignal } from "../../workspace/local/send-signal.ts";
import type { Dialect, FoundEditor } from "./find-editor.ts";
import type { ResolvedVscode } from "./vscode-options.ts";

/** Milliseconds until an editor accepts connections. */
const START_LIMIT = 30_000;
const LOOK_EVERY = 50;

/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 5000;

/** Characters of the editor's output that are kept, to say why it did not start. */
const MAX_SAID = 4000;
const MAX_SHOWN = 500;

/**
 * Starts the editor in the group of a shell that ends the group when this process is gone, also after `kill -9`: the
 * pipe that it reads is closed then.
 */
const KEEPER = `
exec 3<&0
"$@" </dev/null 3<&- & editor=$!
{ cat <&3 >/dev/null; kill -TERM 0; } 2>/dev/null & keeper=$!
exec 3<&-
wait "$editor"; code=$?
kill "$keeper"; exit "$code"`;

export interface EditorStart {
  editor: FoundEditor;
  dialect: Dialect;
  options: ResolvedVscode;
  /** Opens the editor. Known to the editor and to those who get its address. */
  token: string;
  env: Readonly<Record<string, string>>;
  /** Ends the start when it aborts. */
  signal: AbortSignal;
}

/** A running editor. */
export class EditorProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #isRunning = true;
  #said = "";

  /** Resolves once it accepts connections. Rejects, with what it said, when it ends or takes too long. */
  static async start(start: EditorStart): Promise<EditorProcess> {
    const { port, host } = start.options;
    if (!(await isFree(port, host))) throw new Error(`port ${port} is used by another program`);
    const folder = await mkdtemp(join(tmpdir(), "agent-server-editor-"));
    try {
      const tokenFile = join(folder, "token");
      await writeFile(tokenFile, start.token, { mode: 0o600 });
      const process = new EditorProcess(start, tokenFile);
      try {
        await process.#untilReady(start);
        return process;
      } catch (error) {
        await process.stop();
        throw error;
      }
    } finally {
      // It reads its token when it starts, and only then.
      await rm(folder, { recursive: true, force: true });
    }
  }

  private constructor({ editor, dialect, options, token, env }: EditorStart, tokenFile: string) {
    const parameters =
      dialect === "vscode" ? vscodeParameters(editor, options, tokenFile) : coderParameters(options);
    this.#child = spawn("/bin/sh", ["-c", KEEPER, "sh", editor.program, ...parameters], {
      cwd: "/",
      env: { ...env, ...(dialect === "coder" && { PASSWORD: token }) },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const keep = (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString("utf8").replaceAll(token, "**********")).slice(-MAX_SAID);
    };
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
    this.#child.stdin?.on("error", () => {});
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", resolve).once("error", resolve);
    }).then(() => this.#end());
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Ends the editor and everything it has started. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && this.#isRunning) sendSignal(-pid, "SIGTERM");
    if (!(await settledWithin(this.#exited, GRACE)) && pid !== undefined) sendSignal(-pid, "SIGKILL");
    await this.#exited;
  }

  /** The launcher may be a script whose editor outlives it, and would keep the port. */
  #end(): void {
    this.#isRunning = false;
    if (this.#child.pid !== undefined) sendSignal(-this.#child.pid, "SIGKILL");
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
  }

  async #untilReady({ options: { port, host }, signal }: EditorStart): Promise<void> {
    const deadline = performance.now() + START_LIMIT;
    while (!(await accepts(port, host))) {
      this.#checkRunning();
      if (signal.aborted) throw new Error("the server is closing");
      if (performance.now() > deadline) throw new Error(`it does not listen on port ${port} after 30 s`);
      await sleep(LOOK_EVERY);
    }
    // Another program may have taken the port in between.
    this.#checkRunning();
  }

  #checkRunning(): void {
    if (this.#isRunning) return;
    const said = this.#said.replace(/\s+/g, " ").trim().slice(0, MAX_SHOWN);
    throw new Error(`it has ended: ${said || "it said nothing"}`);
  }
}

function vscodeParameters(
  editor: FoundEditor,
  { port, host, basePath }: ResolvedVscode,
  tokenFile: string,
): string[] {
  return [
    ...["--host", host, "--port", String(port), "--connection-token-file", tokenFile],
    ...(basePath === null ? [] : ["--server-base-path", `/${basePath}`]),
    ...(editor.extensionsDir === null ? [] : ["--extensions-dir", editor.extensionsDir]),
    "--disable-workspace-trust",
  ];
}

/** This program knows no token, only a password, which it takes from its environment. */
function coderParameters({ port, host }: ResolvedVscode): string[] {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const quiet = ["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
  return ["--bind-addr", address, "--auth", "password", ...quiet];
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once("error", () => resolve(false))
      .listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** Whether something listens there. */
function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, reachable(host));
    const answer = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(1000, () => answer(false));
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}

/** Whoever listens on every address is asked on one of them. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
