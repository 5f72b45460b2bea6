import { messageOf } from "../../errors.ts";
import type { Caller } from "../../http/access/caller.ts";
import type { ScopedKeys } from "../../http/admission/authentication.ts";
import { type CallerLimits, LIMIT_NAMES, WIRE_NAMES } from "../../limits/caller-limits.ts";
import type { Logger } from "../../logger.ts";
import { EVERYTHING } from "../../principal.ts";
import type { AccessKeys } from "../../settings/access-keys/access-keys.ts";
import { isInForce } from "../../settings/access-keys/in-force.ts";
import type { StoredAccessKey } from "../../settings/access-keys/key-collection.ts";
import { accessKeyId, hasDigest } from "../../settings/access-keys/key-text.ts";

/** Milliseconds for which a key that was read counts as it was. After that a revocation anywhere is seen. */
const FRESH = 2_000;
/** Milliseconds between two notes that a key is used. */
const NOTE_PAUSE = 60_000;
/** Keys that are remembered; past it the one known longest is read again. */
const MAX_KNOWN = 1_000;

interface Known {
  /** undefined for a key that does not exist, or not any more. */
  record: StoredAccessKey | undefined;
  /** In milliseconds since 1970. */
  readAt: number;
}

export interface KeyRingOptions {
  /** Loaded when the first key is shown. */
  keys(): Promise<AccessKeys>;
  logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The callers of access keys, remembered for two seconds: so long a revoked key may still be taken. */
export class KeyRing implements ScopedKeys {
  readonly #options: KeyRingOptions;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<StoredAccessKey | undefined>>();

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  isKey(text: string): boolean {
    return accessKeyId(text) !== undefined;
  }

  async find(text: string): Promise<Caller | undefined> {
    const id = accessKeyId(text);
    if (id === undefined) return undefined;
    const record = await this.#record(id);
    if (record === undefined || !hasDigest(text, record.digest)) return undefined;
    this.#noteUse(record);
    return toCaller(record);
  }

  async current(keyId: string, version?: string): Promise<Caller | undefined> {
    const record = await this.#record(keyId);
    const isShown = record !== undefined && (version === undefined || versionOf(record) === version);
    return isShown ? toCaller(record) : undefined;
  }

  /** Forgets a key that this server has changed, so that the change holds at once. */
  forget(keyId: string): void {
    this.#known.delete(keyId);
    this.#reading.delete(keyId);
  }

  async #record(id: string): Promise<StoredAccessKey | undefined> {
    const now = this.#options.now();
    const known = this.#known.get(id);
    const isFresh = known !== undefined && now - known.readAt < FRESH && now >= known.readAt;
    const record = isFresh ? known.record : await this.#read(id);
    return record !== undefined && isInForce(record, now) ? record : undefined;
  }

  /** Reads a key once for all who ask at the same time. */
  #read(id: string): Promise<StoredAccessKey | undefined> {
    const reading = this.#reading.get(id);
    if (reading !== undefined) return reading;
    const begun = this.#readNow(id, () => this.#reading.get(id) === begun);
    this.#reading.set(id, begun);
    return begun;
  }

  /** Remembers the record, unless the key was changed while it was read. */
  async #readNow(id: string, isWanted: () => boolean): Promise<StoredAccessKey | undefined> {
    const readAt = this.#options.now();
    try {
      const record = await (await this.#options.keys()).byId(id);
      // Unknown ids are not remembered: they would push the known ones out.
      if (record !== undefined && isWanted()) this.#remember(id, { record, readAt });
      return record;
    } finally {
      if (isWanted()) this.#reading.delete(id);
    }
  }

  #remember(id: string, known: Known): void {
    this.#known.delete(id);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_KNOWN) this.#known.delete(oldest);
    this.#known.set(id, known);
  }

  /** Stores, now and then, that a key is used. No request waits for it. */
  #noteUse(record: StoredAccessKey): void {
    const { keys, logger, now } = this.#options;
    const known = this.#known.get(record.id);
    const last = known?.record?.last_used_at ?? null;
    if (known === undefined || (last !== null && now() - Date.parse(last) < NOTE_PAUSE)) return;
    const last_used_at = new Date(now()).toISOString();
    known.record = { ...record, last_used_at };
    keys()
      .then((kept) => kept.noteUse(record.id, last_used_at))
      .catch((error: unknown) =>
        logger.warn({ key: record.id, error: messageOf(error) }, "The use of a key cannot be noted"),
      );
  }
}

/** A part of the digest that tells nothing of the key. */
function versionOf({ digest }: StoredAccessKey): string {
  return digest.slice(0, 16);
}

function toCaller(record: StoredAccessKey): Caller {
  const { id, scope, owner, tags, limits } = record;
  const isLimited = scope !== "admin";
  return {
    principal: { id: owner ?? `key:${id}` },
    scope,
    reach: isLimited
      ? { ...(owner !== null && { createdBy: owner }), ...(tags !== null && { tags }) }
      : EVERYTHING,
    keyId: id,
    keyVersion: versionOf(record),
    ...(limits !== null && { limits: toLimits(limits) }),
  };
}

function toLimits(stored: NonNullable<StoredAccessKey["limits"]>): CallerLimits {
  const set = LIMIT_NAMES.map((name) => [name, stored[WIRE_NAMES[name]]] as const);
  return Object.fromEntries(set.filter(([, limit]) => limit !== null));
}
