import type { Clock } from "../../clock.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { ExtensionPlace } from "../place.ts";
import { CheckoutCache } from "./checkout-cache.ts";
import { checkOut } from "./fetch-source.ts";
import type { PublicSource } from "./public-source.ts";
import { isFullId } from "./remote-ref.ts";
import { readSource } from "./source.ts";

/** Milliseconds in which a branch is not asked again, nor a repository that could not be reached. */
const FRESH = 60_000;

/** Milliseconds of a fetch. */
const TIMEOUT = 120_000;

/** The extensions of one server that everyone is offered, fetched when they are first needed. */
export class PublicExtensions {
  readonly #open: () => Promise<ExtensionPlace>;
  readonly #clock: Clock;
  readonly #source: PublicSource;
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
    return folder;
  }

  #fetch(isStrict: boolean): { folder: Promise<string>; until: number } {
    const { ref } = this.#source;
    const until = isFullId(ref) ? Number.POSITIVE_INFINITY : this.#clock.now() + FRESH;
    const folder = this.#bring(isStrict);
    // Whoever asks gets the error.
    folder.catch(() => {});
    return { folder, until };
  }

  async #bring(isStrict: boolean): Promise<string> {
    const place = await this.#open();
    const { workspace, userDir } = place;
    const source = readSource({ ...this.#source, repoPath: null }, workspace.info);
    if (source.kind === "path") return source.path;
    const cache = new CheckoutCache(place, joinPath(userDir, "cache", "skills", "public-skills"));
    const rules = { isStrict, deadline: this.#clock.now() + TIMEOUT, hidden: [] };
    return cache.pathOf(await checkOut(place, { cache, source, rules }));
  }
}
