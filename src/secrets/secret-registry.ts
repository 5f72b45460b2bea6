import { type Clock, systemClock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import type { SecretSource, SecretSources } from "../wire/secret-source.ts";
import { type LookupFetch, type LookupOptions, type LookupSecret, lookUpSecret } from "./lookup-secret.ts";

/** A failed lookup hides nothing, so masking asks again no sooner than this. */
const RETRY_AFTER_MS = 60_000;
/** Values of one secret that are still hidden after it changed. */
const REMEMBERED_VALUES = 8;
const DEFAULT_INTERNAL_URL = "http://127.0.0.1:8000";

export interface SecretRegistryOptions {
  /** Default: the global one. */
  fetch?: LookupFetch | undefined;
  internalUrl?: LookupOptions["internalUrl"];
  sources?: SecretSources;
  clock?: Pick<Clock, "now">;
  logger?: Logger;
}

/** The secrets of one conversation, by name. Tools get the values of those they name; outputs are rid of all. */
export class SecretRegistry {
  readonly #sources = new Map<string, SecretSource>();
  /** Values seen of each secret, the latest last: a value printed before it changed stays hidden. */
  readonly #seen = new Map<string, string[]>();
  /** Names whose current value is among those seen. */
  readonly #resolved = new Set<string>();
  readonly #failedAt = new Map<string, number>();
  readonly #underWay = new Map<LookupSecret, Promise<string>>();
  readonly #lookup: LookupOptions;
  readonly #clock: Pick<Clock, "now">;
  readonly #logger: Logger;

  constructor(options: SecretRegistryOptions = {}) {
    this.#lookup = {
      fetch: options.fetch ?? fetch,
      internalUrl: options.internalUrl ?? (() => DEFAULT_INTERNAL_URL),
    };
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.set(options.sources ?? {});
  }

  /** As they are kept in the conversation's state. */
  get sources(): SecretSources {
    return Object.fromEntries(this.#sources);
  }

  /** Adds these; those of the same name are replaced. */
  set(sources: SecretSources): void {
    for (const [name, source] of Object.entries(sources)) {
      this.#sources.set(name, source);
      this.#resolved.delete(name);
      this.#failedAt.delete(name);
      if (source.kind === "StaticSecret" && source.value !== null) this.#remember(name, source.value);
    }
  }

  /** Asks the servers of lookup secrets each time. Those that fail are left out, with a warning. */
  async referencedIn(text: string): Promise<Record<string, string>> {
    const lowerCase = text.toLowerCase();
    const names = [...this.#sources.keys()].filter((name) => lowerCase.includes(name.toLowerCase()));
    const values = await Promise.all(names.map((name) => this.#resolve(name)));
    return Object.fromEntries(names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])));
  }

  async values(): Promise<readonly string[]> {
    const retryBefore = this.#clock.now() - RETRY_AFTER_MS;
    const unknown = [...this.#sources.keys()].filter(
      (name) => !this.#resolved.has(name) && (this.#failedAt.get(name) ?? -Infinity) <= retryBefore,
    );
    await Promise.all(unknown.map((name) => this.#resolve(name)));
    return [...new Set([...this.#seen.values()].flat())];
  }

  async #resolve(name: string): Promise<string | undefined> {
    const source = this.#sources.get(name);
    if (source === undefined) return undefined;
    if (source.kind === "StaticSecret") return source.value ?? undefined;
    try {
      const value = await this.#lookUp(source);
      if (this.#sources.get(name) === source) this.#remember(name, value);
      return value;
    } catch (error) {
      this.#failedAt.set(name, this.#clock.now());
      this.#logger.warn({ secret: name, reason: messageOf(error) }, "A secret could not be looked up");
      return undefined;
    }
  }

  /** Callers of one moment share one request. */
  #lookUp(source: LookupSecret): Promise<string> {
    const underWay = this.#underWay.get(source);
    if (underWay !== undefined) return underWay;
    const lookup = lookUpSecret(source, this.#lookup).finally(() => this.#underWay.delete(source));
    this.#underWay.set(source, lookup);
    return lookup;
  }

  #remember(name: string, value: string): void {
    this.#resolved.add(name);
    this.#failedAt.delete(name);
    if (value === "") return;
    const others = (this.#seen.get(name) ?? []).filter((seen) => seen !== value);
    this.#seen.set(name, [...others, value].slice(-REMEMBERED_VALUES));
  }
}
