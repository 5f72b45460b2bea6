import type { CanvasManifest } from "../../wire/extensions/canvas-manifest.ts";
import type { InstalledEntry } from "../../wire/extensions/installed.ts";

/** Fields that have a decimal point in the reference, also for whole numbers. */
const DECIMALS = new Set(["timeout_seconds", "interval_seconds"]);

/** Surrounds the decimals until they stand in the text. No manifest has them as they are. */
const MARK = "\u0000decimal\u0000";
const MARKED = /"\\u0000decimal\\u0000([^"]*)"/g;

/**
 * The revision of an installed extension, which a user approves before its back end runs: the commit, or for a source
 * without one the checksum of the manifest, which holds those of the back end's archives. Equal to the reference's.
 */
export async function appRevision(
  { resolved_ref: commit }: InstalledEntry,
  manifest: CanvasManifest,
): Promise<string> {
  if (commit) return commit;
  const bytes = new TextEncoder().encode(canonicalText(manifest));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function canonicalText(manifest: CanvasManifest): string {
  const text = JSON.stringify(manifest, (key, value: unknown) => {
    if (value === null) return undefined;
    return typeof value === "number" && DECIMALS.has(key) ? MARK + decimal(value) : value;
  });
  return text.replace(MARKED, "$1");
}

function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
