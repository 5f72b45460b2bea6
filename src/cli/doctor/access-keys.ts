import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import { silentLogger } from "../../logger.ts";
import { DATABASE_FILE } from "../../server/data-folder/database.ts";
import { AccessKeys } from "../../settings/access-keys/access-keys.ts";
import { Documents } from "../../settings/documents/documents.ts";
import { schemaOf } from "../../stores/sqlite/database.ts";
import type { Store } from "../../stores/store.ts";
import type { AccessKey } from "../../wire/access/access-keys.ts";
import { openExisting } from "../store/command-store.ts";
import { type Finding, ok, type Patient, warns } from "./check.ts";

const NAME = "Access keys";
/** Milliseconds after which a key that no one has used is probably forgotten. */
const FORGOTTEN = 30 * 24 * 60 * 60 * 1000;
/** Ids that are named. */
const MAX_NAMED = 5;

/** The keys of clients: whether some have expired, or were never used. Nothing in the store is changed. */
export async function accessKeys(patient: Patient): Promise<Finding> {
  const reason = await unreadable(patient);
  if (reason !== undefined) return ok(NAME, reason);
  const all = await listed(patient);
  if (typeof all === "string") return ok(NAME, all);
  return judge(all, systemClock.now());
}

/** Judges keys at a moment, in milliseconds since 1970. */
export function judge(all: readonly AccessKey[], now: number): Finding {
  const kept = all.filter(({ revoked_at }) => revoked_at === null);
  const expired = kept.filter(({ expires_at }) => expires_at !== null && Date.parse(expires_at) <= now);
  const inForce = kept.filter((key) => !expired.includes(key));
  const unused = inForce.filter(
    ({ last_used_at, created_at }) => last_used_at === null && now - Date.parse(created_at) > FORGOTTEN,
  );
  const found = `${inForce.length} in force`;
  if (unused.length > 0) {
    const cure = `if no client has them, end them: agent-server keys revoke ${named(unused)}`;
    return warns(NAME, `${found}; ${unused.length} made over 30 days ago were never used`, cure);
  }
  if (expired.length === 0) return ok(NAME, found);
  const cure = `make new ones for clients that still need them, and end these: agent-server keys revoke ${named(expired)}`;
  return warns(NAME, `${found}; ${expired.length} have expired`, cure);
}

/** Why there is nothing to look at; undefined where there is. */
async function unreadable({ dataFolder, store }: Patient): Promise<string | undefined> {
  if (store !== null) return undefined;
  const path = join(dataFolder, DATABASE_FILE);
  if (!existsSync(path)) return "none: there is no database yet";
  try {
    const { found, newest } = schemaOf(path);
    return found === newest ? undefined : "not looked at before a server has brought the database up to date";
  } catch (error) {
    return notLookedAt(error);
  }
}

/** The keys, or why they cannot be read: a server that is running has the database for itself. */
async function listed({ dataFolder, store: place }: Patient): Promise<AccessKey[] | string> {
  let store: Store;
  try {
    ({ store } = await openExisting({ home: dataFolder, store: place }));
  } catch (error) {
    return notLookedAt(error);
  }
  try {
    const documents = new Documents({ store: store.documents, cipher: undefined, logger: silentLogger });
    return await new AccessKeys({ documents, clock: systemClock }).list();
  } finally {
    await store.close();
  }
}

function notLookedAt(error: unknown): string {
  return `not looked at: ${messageOf(error)}; ask a server that runs: GET /api/access-keys`;
}

function named(keys: readonly AccessKey[]): string {
  const ids = keys.slice(0, MAX_NAMED).map(({ id }) => id);
  return `${ids.join(", ")}${keys.length > MAX_NAMED ? ", …" : ""}`;
}
