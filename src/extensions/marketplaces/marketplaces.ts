import { AgentServerError, messageOf } from "../../errors.ts";
import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import type { FetchedSource } from "../checkout/fetch-source.ts";
import type { SourceText } from "../checkout/source.ts";
import type { ExtensionPlace } from "../place.ts";
import { skillOfFolder } from "../skills/skill-of-folder.ts";
import { type OriginOf, pluginSourceOf, skillSourceOf } from "./offered-source.ts";
import { type Marketplace, readMarketplace } from "./read-marketplace.ts";

/** Brings a source, with secrets filled in. Rejects with a SourceError. */
export type Fetch = (source: SourceText) => Promise<FetchedSource>;

/** The plugins and skills that registered marketplaces give to every conversation. */
export interface AutoLoaded {
  plugins: SourceText[];
  skills: Skill[];
}

interface Opened extends Marketplace, OriginOf {}

/** The marketplaces that a conversation knows by name. Each is fetched once, when it is first needed. */
export class Marketplaces {
  readonly #place: ExtensionPlace;
  readonly #registrations: ReadonlyMap<string, MarketplaceRegistration>;
  readonly #fetch: Fetch;
  readonly #opened = new Map<string, Promise<Opened>>();

  /** @throws AgentServerError `bad_request` for two of one name */
  constructor(
    place: ExtensionPlace,
    { registrations, fetch }: { registrations: readonly MarketplaceRegistration[]; fetch: Fetch },
  ) {
    const names = registrations.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new AgentServerError("bad_request", `Duplicate marketplace registration: ${twice}`);
    this.#place = place;
    this.#registrations = new Map(registrations.map((one) => [one.name, one]));
    this.#fetch = fetch;
  }

  /** Gives what the marketplaces load by themselves. One that cannot be read is logged and left out. */
  async autoLoaded(): Promise<AutoLoaded> {
    const loaded: AutoLoaded = { plugins: [], skills: [] };
    for (const { name, auto_load: auto } of this.#registrations.values()) {
      if (auto === false) continue;
      const wanted = (entry: { name: string }) => auto === true || auto.includes(entry.name);
      await this.#orSkip(name, async () => {
        const marketplace = await this.#open(name);
        for (const plugin of marketplace.plugins.filter(wanted)) {
          await this.#orSkip(name, async () => {
            loaded.plugins.push(pluginSourceOf(marketplace, plugin));
          });
        }
        for (const entry of marketplace.skills.filter(wanted)) {
          await this.#orSkip(name, async () => {
            const { path } = await this.#fetch(skillSourceOf(marketplace, entry));
            const skill = await skillOfFolder(this.#place, path);
            if (skill !== null) loaded.skills.push(skill);
          });
        }
      });
    }
    return loaded;
  }

  /**
   * Finds the plugin that a reference names: `name`, or `name@marketplace`.
   *
   * @throws AgentServerError `not_found` for an unknown plugin or marketplace, `bad_request` for a reference that
   * is not valid or fits several plugins
   */
  async find(reference: string): Promise<SourceText> {
    const at = reference.lastIndexOf("@");
    if (reference === "") throw invalid("Plugin reference must not be empty");
    if (at === -1) return this.#findAnywhere(reference);
    const [name, marketplace] = [reference.slice(0, at), reference.slice(at + 1)];
    if (name === "" || marketplace === "")
      throw invalid("Plugin reference must use 'plugin-name@marketplace-name'");
    return this.#findIn(name, marketplace);
  }

  async #findIn(name: string, marketplace: string): Promise<SourceText> {
    if (!this.#registrations.has(marketplace))
      throw unknown(`Marketplace '${marketplace}' is not registered`);
    const opened = await this.#open(marketplace).catch((error: unknown) => {
      throw invalid(messageOf(error));
    });
    const plugin = opened.plugins.find((one) => one.name === name);
    if (plugin === undefined) throw unknown(`Plugin '${name}' not found in marketplace '${marketplace}'`);
    return pluginSourceOf(opened, plugin);
  }

  async #findAnywhere(name: string): Promise<SourceText> {
    const found: { marketplace: string; source: SourceText }[] = [];
    const faults: string[] = [];
    for (const marketplace of this.#registrations.keys()) {
      try {
        const opened = await this.#open(marketplace);
        const plugin = opened.plugins.find((one) => one.name === name);
        if (plugin !== undefined) found.push({ marketplace, source: pluginSourceOf(opened, plugin) });
      } catch (error) {
        faults.push(`${marketplace}: ${messageOf(error)}`);
      }
    }
    const [first, ...others] = found;
    if (first !== undefined && others.length === 0) return first.source;
    if (first !== undefined) {
      const names = found.map(({ marketplace }) => marketplace).join(", ");
      throw invalid(
        `Plugin '${name}' is ambiguous; found in multiple marketplaces: ${names}. Use '${name}@<marketplace-name>'.`,
      );
    }
    const isUnsure = faults.length > 0 && faults.length === this.#registrations.size;
    throw unknown(
      isUnsure
        ? `Plugin '${name}' not found; marketplace fetch failed: ${faults.join("; ")}`
        : `Plugin '${name}' not found in any registered marketplace`,
    );
  }

  #open(name: string): Promise<Opened> {
    const opened = this.#opened.get(name) ?? this.#read(name);
    this.#opened.set(name, opened);
    return opened;
  }

  async #read(name: string): Promise<Opened> {
    const registration = this.#registrations.get(name);
    if (registration === undefined) throw unknown(`Marketplace '${name}' is not registered`);
    const { source, ref, repo_path: repoPath } = registration;
    const { path, resolvedRef } = await this.#fetch({ source, ref, repoPath });
    return { ...(await readMarketplace(this.#place, path)), isFetched: resolvedRef !== null };
  }

  async #orSkip(name: string, load: () => Promise<void>): Promise<void> {
    try {
      await load();
    } catch (error) {
      this.#place.logger.warn({ marketplace: name, error }, "a marketplace, or a part of it, is left out");
    }
  }
}

function invalid(detail: string): AgentServerError {
  return new AgentServerError("bad_request", detail);
}

function unknown(detail: string): AgentServerError {
  return new AgentServerError("not_found", detail);
}
