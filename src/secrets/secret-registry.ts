import { type Clock, systemClock } from "../clock.ts";
import { AgentServerError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import type { SecretSource, SecretSources } from "../wire/secret-source.ts";
import type { LookupFetch, LookupOptions } from "./lookup-secret.ts";
import { SecretMask } from "./masking/secret-mask.ts";
import { hasWord, namesIn } from "./names-in-text.ts";
import { RecentValues } from "./recent-values.ts";
import { assertWithinLimits } from "./secret-limits.ts";
import { SecretLookups } from "./secret-lookups.ts";
import { ServerSecrets } from "./server-secrets.ts";

const DEFAULT_INTERNAL_URL = "http://127.0.0.1:8000";
/** Milliseconds a command waits for the values it names. */
const COMMAND_PATIENCE = 10_000;
/** Milliseconds an output waits for the values that it may show. */
const MASK_PATIENCE = 2_000;

export interface SecretRegistryOptions {
  /** Default: the global one. */
  fetch?: LookupFetch | undefined;
  internalUrl?: LookupOptions["internalUrl"];
  sources?: SecretSources;
  /** Names of the sources whose value or credentials could not be kept. */
  lost?: Iterable<string>;
  /** Hidden with the secrets of the conversation. Default: nothing. */
  server?: ServerSecrets | undefined;
  clock?: Pick<Clock, "now">;
  logger?: Logger;
  /** Milliseconds that are waited for the value of a lookup secret. Default: 10,000 by a command, 2,000 by a mask. */
  patience?: { command: number; mask: number };
}

/** The secrets of one conversation, by name. Tools get the values of those they name; every output is masked. */
export class SecretRegistry {
  readonly #sources = new Map<string, SecretSource>();
  /** Values by name: those of static secrets, and the last ones that were looked up. */
  readonly #values = new Map<string, string>();
  /** Values that secrets had before: one that was printed then stays hidden. */
  readonly #former = new RecentValues();
  readonly #lost: Set<string>;
  readonly #server: ServerSecrets;
  readonly #lookups: SecretLookups;
  readonly #patience: { command: number; mask: number };
  #own: Promise<SecretMask> | null = null;
  #combined: { parts: readonly SecretMask[]; mask: SecretMask } | null = null;

  constructor(options: SecretRegistryOptions = {}) {
    const { clock = systemClock, logger = silentLogger, internalUrl = () => DEFAULT_INTERNAL_URL } = options;
    this.#lookups = new SecretLookups({
      fetch: options.fetch ?? fetch,
      internalUrl,
      clock,
      logger,
      onValue: (name, source, value) => {
        if (this.#sources.get(name) === source) this.#keep(name, value);
        // A tool may have a value that came after its source was replaced.
        else this.#retire(value);
      },
    });
    this.#patience = options.patience ?? { command: COMMAND_PATIENCE, mask: MASK_PATIENCE };
    this.#server = options.server ?? new ServerSecrets();
    this.#lost = new Set();
    this.#set(options.sources ?? {});
    for (const name of options.lost ?? []) this.#lost.add(name);
  }

  /** As they are kept in the conversation's state. */
  get sources(): SecretSources {
    return Object.fromEntries(this.#sources);
  }

  /** Names of the secrets that could not be kept and were not set again. */
  get lost(): readonly string[] {
    return [...this.#lost];
  }

  /**
   * Adds secrets. Those of the same name are replaced.
   *
   * @throws AgentServerError `unprocessable` when there would be too many, or one breaks a limit.
   */
  add(sources: SecretSources): void {
    assertWithinLimits({ ...this.sources, ...sources });
    this.#set(sources);
  }

  #set(sources: SecretSources): void {
    for (const [name, source] of Object.entries(sources)) {
      this.#sources.set(name, source);
      this.#lost.delete(name);
      if (source.kind === "StaticSecret") this.#keep(name, source.value ?? undefined);
      else this.#keep(name, undefined);
    }
  }

  /**
   * Values of the secrets whose name occurs in the text, in any case. Servers of lookup secrets are asked each time,
   * but one that did not answer for 10 seconds is not asked again for a minute. A secret that cannot be looked up is
   * left out, which is logged.
   *
   * @throws AgentServerError `conflict` when the text has the name of a secret that could not be kept as a word.
   */
  async referencedIn(text: string): Promise<Record<string, string>> {
    const names = await namesIn(text, this.#sources.keys());
    const lost = names.filter((name) => this.#lost.has(name) && hasWord(text, name));
    if (lost.length > 0) throw lostSecrets(lost);
    const values = await Promise.all(names.map((name) => this.#current(name)));
    return Object.fromEntries(names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])));
  }

  /**
   * Hides every value that these secrets have or had, and what the server knows to be secret. A value that is not known
   * is looked up, once a minute if that fails.
   */
  async mask(): Promise<SecretMask> {
    await Promise.all([...this.#sources].map(([name, source]) => this.#resolve(name, source)));
    this.#own ??= SecretMask.prepare([...this.#values.values(), ...this.#former]);
    const parts = await Promise.all([this.#server.mask(), this.#own]);
    if (!this.#combined?.parts.every((part, index) => part === parts[index])) {
      this.#combined = { parts, mask: SecretMask.combined(parts) };
    }
    return this.#combined.mask;
  }

  async #current(name: string): Promise<string | undefined> {
    const source = this.#sources.get(name);
    if (source === undefined) return undefined;
    if (source.kind === "StaticSecret") return source.value ?? undefined;
    const { command: patience } = this.#patience;
    if (this.#lookups.hasFailed(source, { waited: patience })) return undefined;
    return this.#lookups.value(name, source, patience);
  }

  async #resolve(name: string, source: SecretSource): Promise<void> {
    if (source.kind !== "LookupSecret" || this.#values.has(name)) return;
    if (this.#lookups.hasFailed(source, { waited: 0 })) return;
    await this.#lookups.value(name, source, this.#patience.mask);
  }

  #keep(name: string, value: string | undefined): void {
    const former = this.#values.get(name);
    if (former === value) return;
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
    if (former !== undefined) this.#former.add(former);
    this.#own = null;
  }

  /** Hides further values in every output from now on, as those that secrets had before. */
  hide(values: readonly string[]): void {
    for (const value of values) this.#retire(value);
  }

  #retire(value: string): void {
    if (this.#former.add(value)) this.#own = null;
  }
}

function lostSecrets(names: readonly string[]): AgentServerError {
  const [are, their] = names.length === 1 ? ["secret", "its value"] : ["secrets", "their values"];
  return new AgentServerError(
    "conflict",
    `The ${are} ${names.join(", ")} could not be kept when the server stopped: no secret key was set (OH_SECRET_KEY), ` +
      `or it is another one now. Set ${their} again before using it.`,
  );
}
