import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { WorkspaceError } from "../workspace-error.ts";
import { codeOf, toFileError } from "./file-error.ts";
import { makeFolder } from "./make-folder.ts";

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

/**
 * A private folder in a place where others may write too, such as the one for temporary files. Once the folder is gone,
 * another user could make one of the same name, so every write checks the owner.
 */
export class PrivateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes a file that only the user of this process can read. Makes the folder if it is missing. Rejects with
   * `unavailable` when the folder belongs to another user, is open to others or is a link.
   */
  async write(name: string, text: string): Promise<void> {
    try {
      await this.#make();
      await this.#claim();
      await this.#writeFile(name, text);
    } catch (error) {
      throw toFileError(error, this.path);
    }
  }

  async #writeFile(name: string, text: string): Promise<void> {
    // A command may have put a link or a pipe in the place of the file. Opening a pipe without a reader would never
    // return.
    const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK;
    const file = await open(join(this.path, name), flags, 0o600);
    try {
      if (!(await file.stat()).isFile()) throw notPrivate(this.path);
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  }

  async #make(): Promise<void> {
    await makeFolder(dirname(this.path));
    await mkdir(this.path, 0o700).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
  }

  /** Checks the owner and marks the folder as used now. */
  async #claim(): Promise<void> {
    const folder = await open(this.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((cause: unknown) => {
      throw notPrivate(this.path, cause);
    });
    try {
      const { uid, mode } = await folder.stat();
      if (uid !== process.geteuid?.() || (mode & 0o077) !== 0) throw notPrivate(this.path);
      const now = new Date();
      await folder.utimes(now, now);
    } finally {
      await folder.close();
    }
  }
}

function notPrivate(path: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError("unavailable", `${path}: the folder does not belong to this user alone`, {
    cause,
  });
}
