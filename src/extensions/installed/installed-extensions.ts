import type { InstalledEntry } from "../../wire/extensions/installed.ts";
import { joinPath } from "../../workspace/paths.ts";
import { fetchSource } from "../checkout/fetch-source.ts";
import { readSource, repositoryName, type SourceText } from "../checkout/source.ts";
import type { ExtensionPlace } from "../place.ts";
import { copyTree } from "./copy-tree.ts";
import type { ExtensionKind } from "./extension-kinds.ts";
import { InstallError } from "./install-error.ts";
import {
  INSTALLED_NAME,
  type InstalledRecord,
  installedFolder,
  installedNames,
  readRecord,
  writeRecord,
} from "./record.ts";
import { withStoreLock } from "./store-lock.ts";
import { discard, isReplacing, putInPlace, recover, stagedPath, takeAway } from "./swap.ts";

/** Milliseconds of a fetch. */
const TIMEOUT = 120_000;

/** Where an extension is to be installed from. */
export interface InstallSource extends SourceText {
  /** Whether it replaces an installed extension of its name. */
  force: boolean;
}

/**
 * The installed extensions of one kind: a folder for each, and the record that says where they came from. Several
 * processes may use the folder. A process that ends at any moment leaves the former copy of an extension or the new
 * one.
 */
export class InstalledExtensions {
  readonly #place: ExtensionPlace;
  readonly #kind: ExtensionKind;
  readonly #folder: string;

  constructor(place: ExtensionPlace, kind: ExtensionKind) {
    this.#place = place;
    this.#kind = kind;
    this.#folder = installedFolder(place, kind.name);
  }

  /**
   * Lists them, enabled or not. Folders that users have put there are taken into the record, and entries without a
   * folder are dropped from it.
   */
  async list(): Promise<InstalledEntry[]> {
    const seen = await this.#look();
    if (seen === undefined) return [];
    return Object.values(seen.isWhole ? seen.record : await this.#locked(() => this.#synchronise()));
  }

  /** The entry of an extension whose folder is there. */
  async find(name: string): Promise<InstalledEntry | undefined> {
    return (await this.list()).find((entry) => entry.name === name);
  }

  /**
   * Installs an extension. One that it replaces stays enabled or disabled.
   *
   * @throws SourceError for a source that cannot be brought, InstallError for what is there
   */
  async install(source: InstallSource): Promise<InstalledEntry> {
    return this.#install(source, {});
  }

  /**
   * Brings an extension up to date from where it came from: the newest of its repository, whatever ref it had. The
   * installed copy stays when that fails. undefined when it is not installed.
   *
   * @throws SourceError, InstallError
   */
  async refresh(name: string): Promise<InstalledEntry | undefined> {
    const entry = await this.find(name);
    if (entry === undefined) return undefined;
    const source = { source: entry.source, ref: null, repoPath: entry.repo_path, force: true };
    return this.#install(source, { name });
  }

  /** Enables or disables an extension. False when it is not installed. */
  async setEnabled(name: string, enabled: boolean): Promise<boolean> {
    if ((await this.find(name)) === undefined) return false;
    return this.#locked(async () => {
      const record = await this.#synchronise();
      const entry = record[name];
      if (entry === undefined) return false;
      await writeRecord(this.#place, this.#folder, { ...record, [name]: { ...entry, enabled } });
      return true;
    });
  }

  /** Removes an extension. False when it is not in the record. */
  async uninstall(name: string): Promise<boolean> {
    if ((await this.#look()) === undefined) return false;
    return this.#locked(async (leftOver) => {
      const { [name]: entry, ...others } = await readRecord(this.#place, this.#folder);
      if (entry === undefined) return false;
      leftOver.push(await takeAway(this.#place, this.#folder, name));
      await writeRecord(this.#place, this.#folder, others);
      return true;
    });
  }

  async #install(wanted: InstallSource, { name: known }: { name?: string }): Promise<InstalledEntry> {
    const place = this.#place;
    const source = readSource(wanted, place.workspace.info);
    const cacheFolder = joinPath(place.userDir, "cache", "extensions");
    const rules = { isStrict: false, deadline: place.clock.now() + TIMEOUT };
    const { path, resolvedRef } = await fetchSource(place, source, { ...rules, cacheFolder });
    // The folder of a checkout has the name of its commit.
    const isRoot = source.kind === "git" && !source.repoPath;
    const facts = await this.#kind.read(
      place,
      path,
      isRoot ? (known ?? repositoryName(source.url)) : undefined,
    );
    if (!INSTALLED_NAME.test(facts.name) || (known !== undefined && facts.name !== known))
      throw new InstallError(
        "invalid",
        `${JSON.stringify(facts.name)} is not a name under which it can be installed`,
      );
    await this.#refuseDouble(facts.name, wanted.force);
    const staged = stagedPath(place, this.#folder);
    try {
      await copyTree(place, { from: path, to: staged });
      return await this.#locked(async (leftOver) => {
        await this.#refuseDouble(facts.name, wanted.force);
        const former = (await this.#synchronise())[facts.name];
        const entry: InstalledEntry = {
          ...facts,
          enabled: former?.enabled ?? this.#kind.isEnabledAtFirst,
          source: wanted.source,
          requested_ref: wanted.ref,
          resolved_ref: resolvedRef,
          repo_path: wanted.repoPath,
          installed_at: this.#now(),
          install_path: joinPath(this.#folder, facts.name),
        };
        leftOver.push(await putInPlace(place, this.#folder, { entry, staged }));
        return entry;
      });
    } finally {
      await place.workspace.files.remove(staged, { recursive: true }).catch(() => {});
    }
  }

  async #refuseDouble(name: string, force: boolean): Promise<void> {
    if (force) return;
    const status = await this.#place.workspace.files.stat(joinPath(this.#folder, name)).catch(() => null);
    if (status !== null) throw new InstallError("installed", `${name} is already installed`);
  }

  /** undefined where nothing was ever installed. Whole means that record and folders agree. */
  async #look(): Promise<{ record: InstalledRecord; isWhole: boolean } | undefined> {
    const status = await this.#place.workspace.files.stat(this.#folder).catch(() => null);
    if (status?.type !== "directory") return undefined;
    const record = await readRecord(this.#place, this.#folder);
    const names = new Set(await installedNames(this.#place, this.#folder));
    const isReplaced = await isReplacing(this.#place, this.#folder);
    const isComplete = Object.keys(record).every((name) => names.has(name));
    const added = [...names].filter((name) => !(name in record));
    const news = await Promise.all(added.map((name) => this.#discovered(name)));
    return { record, isWhole: !isReplaced && isComplete && news.every((entry) => entry === undefined) };
  }

  /** Makes the record say what is there, under the lock. */
  async #synchronise(): Promise<InstalledRecord> {
    const record = await readRecord(this.#place, this.#folder);
    const names = await installedNames(this.#place, this.#folder);
    const kept = Object.entries(record).filter(([name]) => names.includes(name));
    const entries = Object.fromEntries(kept);
    for (const name of names) {
      const entry = name in entries ? undefined : await this.#discovered(name);
      if (entry !== undefined) entries[name] = entry;
    }
    const isChanged = kept.length < Object.keys(record).length || kept.length < Object.keys(entries).length;
    if (isChanged) await writeRecord(this.#place, this.#folder, entries);
    return entries;
  }

  /** The entry of a folder that a user has put there. undefined for one that holds no extension of that name. */
  async #discovered(name: string): Promise<InstalledEntry | undefined> {
    const path = joinPath(this.#folder, name);
    const facts = await this.#kind.read(this.#place, path, undefined).catch(() => undefined);
    if (facts === undefined || facts.name !== name) return undefined;
    const origin = { source: "local", requested_ref: null, resolved_ref: null, repo_path: null };
    const { isEnabledAtFirst: enabled } = this.#kind;
    return { ...facts, enabled, ...origin, installed_at: this.#now(), install_path: path };
  }

  /** Does work under the lock. The paths that it adds are removed when others may go on. */
  async #locked<T>(work: (leftOver: string[]) => Promise<T>): Promise<T> {
    const leftOver: string[] = [];
    try {
      return await withStoreLock(this.#place, this.#folder, async () => {
        leftOver.push(...(await recover(this.#place, this.#folder)));
        return work(leftOver);
      });
    } finally {
      await discard(this.#place, leftOver);
    }
  }

  #now(): string {
    return new Date(this.#place.clock.now()).toISOString().replace("Z", "000+00:00");
  }
}
