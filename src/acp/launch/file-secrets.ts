import { messageOf } from "../../errors.ts";
import type { AcpFileSecret } from "../../wire/agent/acp/acp-file-secrets.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { acpFolder } from "./acp-folder.ts";
import type { AcpHost } from "./acp-host.ts";

/** Bytes of a file that a program signs in with. */
const MAX_BYTES = 1024 * 1024;

/** A secret in a file. */
interface WrittenSecret {
  name: string;
  path: string;
  value: string;
}

/**
 * The files that a program signs in with. Each is written for the user of the program alone, and removed when the
 * program has ended, unless the program has renewed what is in it: then it stays for the next start, and goes with the
 * conversation.
 */
export class SecretFiles {
  readonly #host: AcpHost;
  readonly #written: WrittenSecret[] = [];

  constructor(host: AcpHost) {
    this.#host = host;
  }

  /** Writes the files of the secrets that are there. Resolves with the variables that lead to them. */
  async write(specs: readonly AcpFileSecret[]): Promise<Record<string, string>> {
    const { secretNames, secrets } = this.#host;
    const variables: Record<string, string> = {};
    for (const spec of specs) {
      if (!secretNames.includes(spec.secret_name)) continue;
      const value = (await secrets.referencedIn(spec.secret_name))[spec.secret_name];
      if (value) Object.assign(variables, await this.#writeOne(spec, value));
    }
    return variables;
  }

  /** Removes the files that are as they were written. */
  async remove(): Promise<void> {
    for (const { path, value } of this.#written.splice(0)) {
      if ((await this.#read(path)) === value) await this.#files.remove(path).catch(() => {});
    }
  }

  get #files(): WorkspaceFiles {
    return this.#host.workspace.files;
  }

  async #writeOne(spec: AcpFileSecret, value: string): Promise<Record<string, string>> {
    const { secret_name: name, filename, env_var: variable, subdir, env_points_to: target } = spec;
    const folder = acpFolder(this.#host, subdir);
    const path = joinPath(folder, filename);
    try {
      await this.#files.makeFolder(folder, { mode: 0o700 });
      const renewed = await this.#read(path);
      if (!renewed) await this.#files.write(path, value, { mode: 0o600 });
      this.#written.push({ name, path, value });
    } catch (cause) {
      throw new Error(`The secret ${name} cannot be written to its file: ${messageOf(cause)}`, { cause });
    }
    return { [variable]: target === "dir" ? folder : path };
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await this.#files.read(path, { maxBytes: MAX_BYTES }));
    } catch {
      return undefined;
    }
  }
}
