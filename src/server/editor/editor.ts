import { randomBytes } from "node:crypto";
import { AgentServerError, closingError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { EditorAccess, EditorState } from "../../routes/machine/vscode.ts";
import { childEnvironment, type Environment } from "../../workspace/local/child-environment.ts";
import { EditorProcess } from "./editor-process.ts";
import { editorUrl } from "./editor-url.ts";
import { dialectOf, findEditor } from "./find-editor.ts";
import type { ResolvedVscode } from "./vscode-options.ts";

const NOT_INSTALLED =
  "No VS Code server is installed: neither openvscode-server nor code-server is in the PATH";

export interface EditorOptions {
  vscode: ResolvedVscode;
  /** Environment of the server; the editor sees the harmless part of it. */
  environment: Environment;
  commandEnvironment: Environment | undefined;
  logger: Logger;
}

/**
 * The editor of a server: started when a client first asks for its address, and again when it has crashed. Its token is
 * its own and lasts as long as the server, so that open pages survive a crash.
 */
export class Editor implements EditorAccess {
  readonly #options: EditorOptions;
  readonly #token = randomBytes(32).toString("hex");
  #process: EditorProcess | null = null;
  #starting: Promise<void> | null = null;
  readonly #closing = new AbortController();

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  async state(): Promise<EditorState> {
    const running = this.#process?.isRunning ?? false;
    if (running || (await this.#find()) !== null) return { running, enabled: true };
    return { running: false, enabled: false, message: NOT_INSTALLED };
  }

  /** Rejects with `unavailable` where there is no editor, and when it does not start. */
  async url({ baseUrl, folder }: { baseUrl: string | null; folder: string }): Promise<string> {
    await this.#start();
    const { port, basePath } = this.#options.vscode;
    return editorUrl({ base: baseUrl ?? `http://localhost:${port}`, basePath, token: this.#token, folder });
  }

  /** Ends the editor. It is not started again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#starting?.catch(() => {});
    await this.#process?.stop();
  }

  /** Those who ask at one time share one start. */
  async #start(): Promise<void> {
    if (this.#process?.isRunning) return;
    this.#starting ??= this.#startOnce().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  async #startOnce(): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) throw closingError("The server is closing");
    const editor = await this.#find();
    if (editor === null) throw new AgentServerError("unavailable", NOT_INSTALLED);
    const { vscode: options, environment, commandEnvironment, logger } = this.#options;
    const env = childEnvironment(environment, commandEnvironment);
    try {
      const dialect = await dialectOf(editor.program, env);
      this.#process = await EditorProcess.start({
        editor,
        dialect,
        options,
        token: this.#token,
        env,
        signal,
      });
    } catch (error) {
      logger.warn({ program: editor.program, error: messageOf(error) }, "The editor did not start");
      throw new AgentServerError("unavailable", `The editor did not start: ${messageOf(error)}`, {
        cause: error,
      });
    }
    logger.info({ program: editor.program, port: options.port }, "The editor has started");
  }

  #find() {
    const { vscode, environment } = this.#options;
    return findEditor({ program: vscode.program, path: environment.PATH ?? "" });
  }
}
