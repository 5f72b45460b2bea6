import { isObject } from "../../is-object.ts";
import { type ExtensionPlace, readText } from "../place.ts";
import { backendFolders } from "./backend-folders.ts";

/** A back end that a user has approved, unpacked. The file has these names in the reference. */
export interface Approval {
  revision: string;
  platform: string;
  artifact_sha256: string;
  /** Absolute path. */
  artifact_dir: string;
}

/** Reads what is prepared. null for nothing, and for a file that says it in another way. */
export async function readApproval(place: ExtensionPlace, name: string): Promise<Approval | null> {
  const text = await readText(place, backendFolders(place, name).approval);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isApproval(value) ? value : null;
  } catch {
    return null;
  }
}

export async function writeApproval(place: ExtensionPlace, name: string, approval: Approval): Promise<void> {
  const text = JSON.stringify(approval);
  await place.workspace.files.write(backendFolders(place, name).approval, text, { mode: 0o600 });
}

/** Voids what is prepared: users approve the new files first. */
export async function voidApproval(place: ExtensionPlace, name: string): Promise<void> {
  await place.workspace.files.remove(backendFolders(place, name).approval);
}

function isApproval(value: unknown): value is Approval {
  if (!isObject(value)) return false;
  const { revision, platform, artifact_sha256, artifact_dir } = value;
  return [revision, platform, artifact_sha256, artifact_dir].every((part) => typeof part === "string");
}
