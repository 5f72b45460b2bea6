import { messageOf } from "../../errors.ts";
import type { AcpFileSecret } from "../../wire/agent/acp/acp-file-secrets.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { StartError } from "../acp-error.ts";
import { acpFolder } from "./acp-folder.ts";
import type { AcpHost } from "./acp-host.ts";
import { LoginFile } from "./logins/login-file.ts";
import type { FindLogin, SharedLogin } from "./logins/shared-login.ts";

/** Bytes of a file that a program signs in with. */
const MAX_BYTES = 1024 * 1024;

const NO_LOGIN = "The login that is bound to the conversation is missing or not valid. Sign in again.";

/** A secret in a file. */
interface WrittenSecret {
  name: string;
  path: string;
  value: string;
}

/**
 * The files that a program signs in with. Each is written for the user of the program alone, and removed when the
 * program has ended, unless the program has renewed what is in it: then it stays for the next start, and goes with the
 * conversation. A renewed login that programs share is kept for all of them instead.
 */
export class SecretFiles {
  readonly #host: AcpHost;
  readonly #written: WrittenSecret[] = [];
  /** The places of logins, by secret. */
  readonly #sources = new Map<string, string | undefined>();
  readonly #bound = new Set<string>();
  readonly #logins: { path: string; file: LoginFile }[] = [];

  constructor(host: AcpHost) {
    this.#host = host;
  }

  /** Writes the files of the secrets that are there. Resolves with the variables that lead to them. */
  async write(specs: readonly AcpFileSecret[]): Promise<Record<string, string>> {
    const { secretNames, secrets, findLogin } = this.#host;
    const variables: Record<string, string> = {};
    for (const spec of specs) {
      const login = await findLogin(spec.secret_name);
      this.#sources.set(spec.secret_name, login?.source);
      if (login?.isBound) this.#bound.add(spec.secret_name);
      if (login !== undefined && (await this.#openLogin(spec, login))) {
        Object.assign(variables, { [spec.env_var]: this.#placeOf(spec).target });
        continue;
      }
      if (login?.isBound) throw new StartError("ACPAuthRequired", NO_LOGIN);
      if (!secretNames.includes(spec.secret_name)) continue;
      const value = (await secrets.referencedIn(spec.secret_name))[spec.secret_name];
      if (value) Object.assign(variables, await this.#writeOne(spec, value));
    }
    return variables;
  }

  /** Whether another program has renewed a login, or there is one of another place now. */
  async needsOtherLogin(find: FindLogin): Promise<boolean> {
    if (this.#logins.some(({ file }) => file.isStale)) return true;
    for (const [name, source] of this.#sources) if ((await find(name))?.source !== source) return true;
    return false;
  }

  /** Names of the secrets whose place was bound to the conversation. */
  get boundLogins(): string[] {
    return [...this.#bound];
  }

  /** Keeps the logins that the program has renewed. */
  async keepLogins(): Promise<void> {
    await Promise.all(this.#logins.map(({ file }) => file.sync()));
  }

  /** Removes the files that are as they were written, and those of logins that are kept. */
  async remove(): Promise<void> {
    for (const { path, file } of this.#logins.splice(0)) {
      if (await file.close()) await this.#files.remove(path).catch(() => {});
    }
    for (const { path, value } of this.#written.splice(0)) {
      if ((await this.#read(path)) === value) await this.#files.remove(path).catch(() => {});
    }
  }

  get #files(): WorkspaceFiles {
    return this.#host.workspace.files;
  }

  async #writeOne(spec: AcpFileSecret, value: string): Promise<Record<string, string>> {
    const { secret_name: name } = spec;
    const { folder, path, target } = this.#placeOf(spec);
    try {
      await this.#files.makeFolder(folder, { mode: 0o700 });
      const renewed = await this.#read(path);
      if (!renewed) await this.#files.write(path, value, { mode: 0o600 });
      this.#written.push({ name, path, value });
    } catch (cause) {
      throw unwritable(name, cause);
    }
    return { [spec.env_var]: target };
  }

  /** Resolves to whether there is a login in the file now. */
  async #openLogin(spec: AcpFileSecret, login: SharedLogin): Promise<boolean> {
    const { logger, conversationId, hide } = this.#host;
    const { folder, path } = this.#placeOf(spec);
    try {
      await this.#files.makeFolder(folder, { mode: 0o700 });
      const file = await LoginFile.open({
        login,
        read: () => this.#read(path),
        write: (value) => this.#files.write(path, value, { mode: 0o600 }),
        hide,
        onProblem: (words) =>
          logger.warn({ conversation_id: conversationId, secret: spec.secret_name }, words),
      });
      if (file !== undefined) this.#logins.push({ path, file });
      return file !== undefined;
    } catch (cause) {
      throw unwritable(spec.secret_name, cause);
    }
  }

  /** The place of a secret, and where its variable leads. */
  #placeOf({ subdir, filename, env_points_to: pointsTo }: AcpFileSecret) {
    const folder = acpFolder(this.#host, subdir);
    const path = joinPath(folder, filename);
    return { folder, path, target: pointsTo === "dir" ? folder : path };
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await this.#files.read(path, { maxBytes: MAX_BYTES }));
    } catch {
      return undefined;
    }
  }
}

function unwritable(name: string, cause: unknown): Error {
  return new Error(`The secret ${name} cannot be written to its file: ${messageOf(cause)}`, { cause });
}
