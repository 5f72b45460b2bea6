import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf, readText } from "../place.ts";
import { isFullId } from "./remote-ref.ts";
import { repositoryName } from "./source.ts";

/** Where checkouts of one repository lie. */
const COMMITS = "resolved-refs";
const REQUESTED = "requested-refs";
const FETCHING = ".fetch-";

/** Milliseconds after which the folder of a fetch is one that a dead process left. No fetch may take so long. */
const ABANDONED = 24 * 60 * 60 * 1000;

/**
 * The checkouts of one repository: a folder for each commit that never changes, and the commits that refs named last.
 * Several processes may use one cache: a checkout is prepared aside and gets its name in one step, and the first one
 * stays.
 */
export class CheckoutCache {
  readonly folder: string;
  readonly #place: ExtensionPlace;

  constructor(place: ExtensionPlace, folder: string) {
    this.#place = place;
    this.folder = folder;
  }

  /** The cache of a repository in a folder of caches. The reference uses the same names. */
  static async of(
    place: ExtensionPlace,
    { parent, url }: { parent: string; url: string },
  ): Promise<CheckoutCache> {
    const digest = await shortDigest(url);
    return new CheckoutCache(place, joinPath(parent, `${repositoryName(url)}-${digest}`));
  }

  /** The path that a commit's files have or will have. */
  pathOf(commit: string): string {
    return joinPath(this.folder, COMMITS, commit.toLowerCase());
  }

  /** The path of a commit's files. undefined when they are not here. */
  async find(commit: string): Promise<string | undefined> {
    const path = this.pathOf(commit);
    const status = await this.#place.workspace.files.stat(path).catch(() => null);
    return status?.type === "directory" ? path : undefined;
  }

  /** Makes an empty folder for a fetch, on the same file system. Removes those that ended processes left. */
  async open(): Promise<string> {
    const { files } = this.#place.workspace;
    await this.#sweep();
    const folder = joinPath(this.folder, FETCHING + this.#place.clock.newId());
    await files.makeFolder(folder, { mode: 0o700 });
    return folder;
  }

  /** Moves prepared files to the path of their commit, unless another has been quicker. */
  async keep(commit: string, prepared: string): Promise<string> {
    const { files } = this.#place.workspace;
    const path = this.pathOf(commit);
    await files.makeFolder(joinPath(this.folder, COMMITS));
    try {
      await files.move(prepared, path);
    } catch (error) {
      if ((await this.find(commit)) === undefined) throw error;
    }
    return path;
  }

  /** Notes what a ref named, for times in which the remote cannot be asked. */
  async remember(ref: string | null, commit: string): Promise<void> {
    await this.#place.workspace.files.write(await this.#note(ref), commit);
  }

  /** The commit that a ref named when it was last asked. undefined when it is unknown or its files are gone. */
  async recall(ref: string | null): Promise<string | undefined> {
    const commit = (await readText(this.#place, await this.#note(ref)))?.trim() ?? "";
    if (!isFullId(commit)) return undefined;
    return (await this.find(commit)) === undefined ? undefined : commit;
  }

  async #note(ref: string | null): Promise<string> {
    return joinPath(this.folder, REQUESTED, await shortDigest(ref ?? "HEAD"));
  }

  async #sweep(): Promise<void> {
    const { files } = this.#place.workspace;
    for (const { name } of await entriesOf(this.#place, this.folder)) {
      if (!name.startsWith(FETCHING)) continue;
      const path = joinPath(this.folder, name);
      const status = await files.stat(path).catch(() => null);
      const isAbandoned = status !== null && this.#place.clock.now() - status.modifiedAt > ABANDONED;
      if (isAbandoned) await files.remove(path, { recursive: true }).catch(() => {});
    }
  }
}

/** 16 hexadecimal digits that name a text. */
export async function shortDigest(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = [...new Uint8Array(digest).subarray(0, 8)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
