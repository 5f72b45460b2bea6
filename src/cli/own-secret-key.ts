import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { absolutePath } from "../absolute-path.ts";

/** Name of the file next to the database. */
const FILE = "secret-key";
const KEY_BYTES = 32;

/**
 * Returns the secret key that this machine keeps for itself next to its conversations, readable by its user only. The
 * first call makes it.
 */
export async function ownSecretKey(folder: string): Promise<string> {
  const path = absolutePath(join(folder, FILE));
  await mkdir(dirname(path), { recursive: true });
  const key = randomBytes(KEY_BYTES).toString("base64url");
  try {
    await writeFile(path, key, { flag: "wx", mode: 0o600 });
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const kept = (await readFile(path, "utf8")).trim();
  if (kept === "")
    throw new Error(`${path} is empty: write a secret key into it, or remove it for a new one`);
  return kept;
}
