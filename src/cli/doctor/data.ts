import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { DATABASE_FILE } from "../../server/data-folder/database.ts";
import { schemaOf } from "../../stores/sqlite/database.ts";
import type { StoreArguments } from "../store/command-store.ts";
import { type Finding, fails, ok, type Patient, warns } from "./check.ts";

const GIB = 2 ** 30;
/** Bytes of free disk below which a server may soon be unable to store, and below which it hardly can. */
const LITTLE = GIB;
const TOO_LITTLE = 50 * 2 ** 20;
/** Before it, a clock was never set. */
const PAST = Date.UTC(2025, 0, 1);

/** The folder of the database, or the one that it would be made in: whether this user alone may write there. */
export function dataFolder({ dataFolder: folder }: Patient): Finding {
  const place = existing(folder);
  try {
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return fails(
      "Data folder",
      `${place} cannot be written to`,
      "change its owner, or set OH_CONVERSATIONS_PATH",
    );
  }
  if (place !== folder) return ok("Data folder", `${folder} will be made`);
  const others = statSync(folder).mode & 0o077;
  if (others === 0 || process.platform === "win32") return ok("Data folder", folder);
  return warns("Data folder", `${folder} can be read by other users`, `chmod 700 ${folder}`);
}

export function freeDisk({ dataFolder: folder }: Patient): Finding {
  const { bavail, bsize } = statfsSync(existing(folder));
  const free = bavail * bsize;
  const found = `${(free / GIB).toFixed(1)} GiB free`;
  const cure = "free some, or set OH_CONVERSATIONS_PATH to a folder on another disk";
  if (free < TOO_LITTLE) return fails("Disk", found, cure);
  return free < LITTLE ? warns("Disk", found, cure) : ok("Disk", found);
}

/** Whether the database opens and has a schema that this version knows. Nothing in it is changed. */
export async function database({ dataFolder: folder, store }: Patient): Promise<Finding> {
  if (store !== null) return postgres(store);
  const path = join(folder, DATABASE_FILE);
  if (!existsSync(path)) return ok("Database", `${path} will be made`);
  try {
    const { found, newest } = schemaOf(path);
    if (found === newest) return ok("Database", `${path} opens, schema ${found}`);
    return ok("Database", `${path} opens; a server brings its schema from ${found} to ${newest}`);
  } catch (error) {
    const said = messageOf(error);
    if (said.includes("in use"))
      return fails("Database", said, "a server runs already: use it, or stop it first");
    if (said.includes("newer"))
      return fails("Database", said, "use that version, or set OH_CONVERSATIONS_PATH");
    return fails("Database", said, "restore it from a copy, or set OH_CONVERSATIONS_PATH to another folder");
  }
}

async function postgres({ url, schema }: StoreArguments): Promise<Finding> {
  const { migratePostgres } = await import("../../stores/postgres.ts");
  const place = { connectionString: url, ...(schema !== undefined && { schema }) };
  try {
    const { applied, pending } = await migratePostgres(place, { dryRun: true });
    if (pending.length === 0) return ok("Database", `the store answers, schema ${applied.length}`);
    return ok(
      "Database",
      `the store answers; a server, or agent-server migrate, makes ${pending.length} migrations`,
    );
  } catch (error) {
    return fails("Database", messageOf(error), "check --store: host, port, name, user, and PGPASSWORD");
  }
}

export function clock(): Finding {
  const now = new Date();
  const found = now.toISOString();
  if (now.getTime() > PAST) return ok("Clock", found);
  return warns("Clock", `${found} is long ago`, "set the clock: keys, tokens and certificates depend on it");
}

/** The folder itself, or the nearest one above it that exists. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}
