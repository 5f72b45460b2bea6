import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import type { AccessKey, CreateAccessKey } from "../../wire/access/access-keys.ts";
import type { Documents } from "../documents/documents.ts";
import { isInForce } from "./in-force.ts";
import { ACCESS_KEYS, type StoredAccessKey } from "./key-collection.ts";
import { accessKeyDigest, newAccessKey, withSecret } from "./key-text.ts";

/** Keys that are kept, those that are not valid any more included. */
const MAX_KEYS = 10_000;
/** Milliseconds that a key is listed after its end. */
const KEPT_AFTER_END = 90 * 24 * 60 * 60 * 1000;

export interface AccessKeysOptions {
  documents: Documents;
  clock: Pick<Clock, "now">;
}

/** A key that was just made, with its text. */
export interface NewKey {
  key: string;
  record: AccessKey;
}

/** The keys that operators make for clients. The store has digests of them, so that it gives no key away. */
export class AccessKeys {
  readonly #documents: Documents;
  readonly #clock: Pick<Clock, "now">;

  constructor({ documents, clock }: AccessKeysOptions) {
    this.#documents = documents;
    this.#clock = clock;
  }

  /** The keys, the newest first. Those that ended more than 90 days ago are left out. */
  async list(): Promise<AccessKey[]> {
    const now = this.#clock.now();
    const all = (await this.#documents.list(ACCESS_KEYS)).flatMap(({ value }) => value ?? []);
    return all
      .filter((key) => !isForgotten(key, now))
      .sort(
        (left, right) => right.created_at.localeCompare(left.created_at) || left.id.localeCompare(right.id),
      )
      .map(toListed);
  }

  /**
   * Makes a key. It is shown nowhere again.
   *
   * @throws AgentServerError `bad_request` for an end that has passed, `conflict` when there are too many keys
   */
  async create(request: CreateAccessKey): Promise<NewKey> {
    const now = this.#clock.now();
    if (request.expires_at !== null && Date.parse(request.expires_at) <= now) {
      throw new AgentServerError("bad_request", "expires_at: must be a moment that is still to come");
    }
    const { id, key } = newAccessKey();
    const record: StoredAccessKey = {
      ...request,
      id,
      digest: accessKeyDigest(key),
      created_at: toIso(now),
      last_used_at: null,
      revoked_at: null,
    };
    await this.#documents.edit(async (edit) => {
      const all = await edit.list(ACCESS_KEYS);
      const forgotten = all.filter(({ value }) => value !== null && isForgotten(value, now));
      if (all.length - forgotten.length >= MAX_KEYS) {
        throw new AgentServerError(
          "conflict",
          `There are ${MAX_KEYS} access keys, which is the most there may be`,
        );
      }
      for (const { name } of forgotten) await edit.remove(ACCESS_KEYS, name);
      await edit.put(ACCESS_KEYS, id, record);
    });
    return { key, record: toListed(record) };
  }

  /**
   * Ends a key for good. One that has been revoked stays as it is.
   *
   * @throws AgentServerError `not_found`
   */
  async revoke(id: string): Promise<AccessKey> {
    return toListed(
      await this.#change(id, (key) => ({ ...key, revoked_at: key.revoked_at ?? toIso(this.#clock.now()) })),
    );
  }

  /**
   * Gives a key another text; the former one is not valid any more.
   *
   * @throws AgentServerError `not_found`, and `conflict` for a key that has ended
   */
  async rotate(id: string): Promise<NewKey> {
    const key = withSecret(id);
    const record = await this.#change(id, (current) => {
      if (isInForce(current, this.#clock.now())) return { ...current, digest: accessKeyDigest(key) };
      throw new AgentServerError("conflict", `The access key '${id}' has been revoked or has expired`);
    });
    return { key, record: toListed(record) };
  }

  /** The record of a key that is in force, by its id. */
  async byId(id: string): Promise<StoredAccessKey | undefined> {
    const found = await this.#documents.read(ACCESS_KEYS, id);
    const record = found?.value;
    return record != null && isInForce(record, this.#clock.now()) ? record : undefined;
  }

  /** Notes when a key was used. */
  async noteUse(id: string, last_used_at: string): Promise<void> {
    await this.#change(id, (key) => ({ ...key, last_used_at }));
  }

  #change(id: string, change: (key: StoredAccessKey) => StoredAccessKey): Promise<StoredAccessKey> {
    return this.#documents.update(ACCESS_KEYS, id, (current) => {
      if (current?.value == null) throw new AgentServerError("not_found", `Access key '${id}' not found`);
      return change(current.value);
    });
  }
}

function isForgotten({ revoked_at, expires_at }: StoredAccessKey, now: number): boolean {
  const ends = [revoked_at, expires_at].flatMap((end) => (end === null ? [] : [Date.parse(end)]));
  return ends.length > 0 && Math.min(...ends) + KEPT_AFTER_END < now;
}

function toListed({ digest: _, ...key }: StoredAccessKey): AccessKey {
  return key;
}

function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
