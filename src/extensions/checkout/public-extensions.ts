import type { Clock } from "../../clock.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { ExtensionPlace, PublicExtensionsAccess } from "../place.ts";
import { CheckoutCache } from "./checkout-cache.ts";
import { checkOut, fetchSource } from "./fetch-source.ts";
import type { PublicSource } from "./public-source.ts";
import { isFullId } from "./remote-ref.ts";
import { readSource } from "./source.ts";

/** Milliseconds in which a branch is not asked again. */
const FRESH = 60_000;

/** Milliseconds in which a repository that could not be reached is not asked again: each attempt may take minutes. */
const FAILED = 5_000;

/** Milliseconds in which a list is not read again. */
const LISTED = 300_000;

/** Milliseconds of a fetch. */
const TIMEOUT = 120_000;

/** A path is not fetched, so that nothing of this matters. */
const PATHS = { isStrict: true, deadline: 0, cacheFolder: "" };

/** The extensions of one server that everyone is offered, fetched when they are first needed. */
export class PublicExtensions implements PublicExtensionsAccess {
  readonly #open: () => Promise<ExtensionPlace>;
  readonly #clock: Clock;
  readonly #source: PublicSource;
  readonly #lists = new Map<string, { list: unknown[]; until: number }>();
  #current: { folder: Promise<string>; until: number } | undefined;

  constructor(open: () => Promise<ExtensionPlace>, { clock, ...source }: PublicSource & { clock: Clock }) {
    this.#open = open;
    this.#clock = clock;
    this.#source = source;
  }

  /**
   * The folder that holds them. A commit is kept, a branch or tag is asked again after a minute; without a network, the
   * last checkout serves on.
   *
   * @throws SourceError
   */
  folder(): Promise<string> {
    const now = this.#clock.now();
    if (this.#current === undefined || this.#current.until < now) this.#current = this.#fetch(false);
    return this.#current.folder;
  }

  /** Fetches them now. @throws SourceError also where an earlier checkout is there */
  async refresh(): Promise<string> {
    const fetched = this.#fetch(true);
    const folder = await fetched.folder;
    this.#current = fetched;
    this.#lists.clear();
    return folder;
  }

  /** A list that is read of them. It is kept for five minutes or until the next refresh, unless it is empty. */
  async listed<T>(name: string, read: (folder: string) => Promise<T[]>): Promise<T[]> {
    const kept = this.#lists.get(name);
    if (kept !== undefined && kept.until > this.#clock.now()) return kept.list as T[];
    const list = await read(await this.folder());
    if (list.length > 0) this.#lists.set(name, { list, until: this.#clock.now() + LISTED });
    return list;
  }

  #fetch(isStrict: boolean): { folder: Promise<string>; until: number } {
    const { ref } = this.#source;
    const until = isFullId(ref) ? Number.POSITIVE_INFINITY : this.#clock.now() + FRESH;
    const fetched = { folder: this.#bring(isStrict), until };
    // Whoever asks gets the error.
    fetched.folder.catch(() => {
      fetched.until = Math.min(until, this.#clock.now() + FAILED);
    });
    return fetched;
  }

  async #bring(isStrict: boolean): Promise<string> {
    const place = await this.#open();
    const { workspace, userDir } = place;
    const source = readSource({ ...this.#source, repoPath: null }, workspace.info);
    if (source.kind === "path") return (await fetchSource(place, source, PATHS)).path;
    const cache = new CheckoutCache(place, joinPath(userDir, "cache", "skills", "public-skills"));
    const rules = { isStrict, deadline: this.#clock.now() + TIMEOUT };
    return cache.pathOf(await checkOut(place, { cache, source, rules }));
  }
}
