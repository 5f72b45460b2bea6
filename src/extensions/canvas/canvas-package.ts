import { type CanvasManifest, canvasManifest } from "../../wire/extensions/canvas-manifest.ts";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import type { FileStatus, WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { placeIn } from "../confined-place.ts";
import type { ExtensionKind } from "../installed/extension-kinds.ts";
import { InstallError } from "../installed/install-error.ts";
import { installedPath } from "../installed/record.ts";
import { type ExtensionPlace, readText } from "../place.ts";

const MANIFEST = "canvas-extension.json";

/** Extensions of Agent Canvas: a folder with a manifest and the page that it names. Users enable each of them. */
export const CANVAS: ExtensionKind = {
  name: "canvas-extensions",
  isEnabledAtFirst: false,
  async read(place, folder) {
    const { name, version, description } = await readPackage(place, folder);
    return { name, version, description };
  },
};

/** A file of a package, with the files that it may be read from. */
export interface PackageFile {
  /** Its real path, which lies in the package. */
  path: string;
  status: FileStatus;
  files: WorkspaceFiles;
}

/** The folder of an installed extension. */
export function packageFolder(place: ExtensionPlace, name: string): string {
  return installedPath(place, "canvas-extensions", name);
}

/**
 * Reads the manifest of an extension and checks that its page is there.
 *
 * @throws InstallError `absent` where there is none, `invalid` for a faulty one
 */
export async function readPackage(place: ExtensionPlace, folder: string): Promise<CanvasManifest> {
  const text = await readText(await placeIn(place, folder), joinPath(folder, MANIFEST));
  if (text === null) throw new InstallError("absent", `there is no ${MANIFEST}, or it cannot be read`);
  const manifest = parsed(text);
  if ((await packageFile(place, folder, manifest.entrypoint)) === null)
    throw new InstallError("invalid", `${manifest.entrypoint} is not a file of the extension`);
  return manifest;
}

/** The manifest of an installed extension. null for one that is not installed, or no longer valid. */
export async function installedManifest(place: ExtensionPlace, name: string): Promise<CanvasManifest | null> {
  return readPackage(place, packageFolder(place, name)).catch((error: unknown) => {
    if (error instanceof InstallError) return null;
    throw error;
  });
}

/** Finds a regular file of a package. null for one that is not there, or that a link has elsewhere. */
export async function packageFile(
  place: ExtensionPlace,
  folder: string,
  name: string,
): Promise<PackageFile | null> {
  const { files } = place.workspace;
  const root = await files.realPath(folder);
  const path = await files.realPath(joinPath(root, name));
  if (!isWithin(root, path)) return null;
  const inside = (await placeIn(place, root)).workspace.files;
  const status = await inside.stat(path).catch(() => null);
  return status?.type === "file" ? { path, status, files: inside } : null;
}

function parsed(text: string): CanvasManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InstallError("invalid", `${MANIFEST} is not JSON`);
  }
  const { data, error } = canvasManifest().safeParse(value);
  if (data === undefined) throw new InstallError("invalid", `${MANIFEST}: ${error?.message}`);
  return withoutNulls(data);
}

/** Clients see `backend` and `icon` only where there is one. */
function withoutNulls({ backend, icon, ...manifest }: CanvasManifest): CanvasManifest {
  return { ...manifest, ...(backend != null && { backend }), ...(icon != null && { icon }) };
}
