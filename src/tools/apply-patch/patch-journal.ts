import { z } from "zod";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../workspace/workspace-error.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { FileStep } from "./plan-changes.ts";

/** Name of the journal in the data folder of the conversation, on its machine. */
const FILE = "apply_patch.journal.json";
/** Bytes of a journal. It holds what the files of one patch held before, in base64. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A file of a patch as it was, and the hash of what the patch makes of it; null where there is none. */
const entry = z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() });
const journal = z.object({ files: z.array(entry) });

type Journal = z.output<typeof journal>;
type Entry = z.output<typeof entry>;

/** Failures of the machine, after which another attempt may go better. All others are about the file. */
const PASSING: ReadonlySet<string> = new Set<WorkspaceErrorCode>(["unavailable", "closed", "no_space"]);

/**
 * The note of a patch that is being carried out, so that the end of the process, or of the connection to the machine, in
 * the middle of it leaves no half of a patch: its files get back what they held before anyone looks at them again.
 */
export class PatchJournal {
  readonly #files: WorkspaceFiles;
  readonly #path: string;
  readonly #workingDir: string;

  constructor({ files, info }: Pick<Workspace, "files" | "info">) {
    this.#files = files;
    this.#workingDir = info.workingDir;
    this.#path = joinPath(info.dataDir, FILE);
  }

  /** Notes what the files of a patch hold. One file needs no note: it changes at once or not at all. */
  async begin(steps: readonly FileStep[]): Promise<void> {
    if (steps.length < 2) return;
    const files = await Promise.all(
      steps.map(async ({ path, before, after }) => ({
        path,
        before: before && Buffer.from(before).toString("base64"),
        after: await hashOf(after),
      })),
    );
    await this.#files.write(this.#path, JSON.stringify({ files } satisfies Journal), { mode: 0o600 });
  }

  /** Forgets a patch that is whole, or taken back. */
  async end(): Promise<void> {
    await this.#files.remove(this.#path);
  }

  /**
   * Takes a patch back that was cut short. A file that was changed since by others stays as it is, and so does one that
   * lies elsewhere by now.
   */
  async restore(): Promise<void> {
    const found = await this.#read();
    if (found === undefined) return;
    const root = await this.#files.realPath(this.#workingDir);
    const files = this.#files.within?.(root) ?? this.#files;
    for (const one of found.files) {
      if (!isWithin(root, await this.#files.realPath(one.path))) continue;
      await takeBack(one, files).catch((error: unknown) => {
        if (!WorkspaceError.is(error) || PASSING.has(error.code)) throw error;
      });
    }
    await this.end();
  }

  /** Undefined without one. A damaged one says nothing, and is overwritten by the next. */
  async #read(): Promise<Journal | undefined> {
    const bytes = await bytesAt(this.#files, this.#path);
    if (bytes === null) return undefined;
    try {
      return journal.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch {
      return undefined;
    }
  }
}

async function takeBack({ path, before, after }: Entry, files: WorkspaceFiles): Promise<void> {
  if ((await hashOf(await bytesAt(files, path))) !== after) return;
  if (before === null) await files.remove(path);
  else await files.write(path, Buffer.from(before, "base64"));
}

async function bytesAt(files: WorkspaceFiles, path: string): Promise<Uint8Array | null> {
  return files.read(path, { maxBytes: MAX_BYTES }).catch((error: unknown) => {
    if (WorkspaceError.is(error) && error.code === "not_found") return null;
    throw error;
  });
}

async function hashOf(bytes: Uint8Array | null): Promise<string | null> {
  if (bytes === null) return null;
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Buffer.from(hash).toString("hex");
}
