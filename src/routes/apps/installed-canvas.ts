import { AgentServerError } from "../../errors.ts";
import { maskSource } from "../../extensions/checkout/source.ts";
import { SourceError } from "../../extensions/checkout/source-error.ts";
import { InstallError } from "../../extensions/installed/install-error.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import type { InstalledEntry } from "../../wire/extensions/installed.ts";

/** The installed extensions of a machine. */
export async function openInstalled(place: ExtensionPlace) {
  const { InstalledExtensions } = await import("../../extensions/installed/installed-extensions.ts");
  const { CANVAS } = await import("../../extensions/canvas/canvas-package.ts");
  return new InstalledExtensions(place, CANVAS);
}

/** An extension as clients see it, without the password of its address. */
export async function showInstalled(place: ExtensionPlace, entry: InstalledEntry) {
  const { installedManifest } = await import("../../extensions/canvas/canvas-package.ts");
  const manifest = await installedManifest(place, entry.name);
  return { ...entry, source: maskSource(entry.source), manifest };
}

/** A file that a manifest names, as it is now. null for one that is not there. */
export async function installedFile(place: ExtensionPlace, name: string, field: "entrypoint" | "icon") {
  const { installedManifest, packageFile, packageFolder } = await import(
    "../../extensions/canvas/canvas-package.ts"
  );
  const entry = await (await openInstalled(place)).find(name);
  const manifest = entry === undefined ? null : await installedManifest(place, name);
  const path = manifest?.[field];
  const file = path == null ? null : await packageFile(place, packageFolder(place, name), path);
  if (file === null) return null;
  const { size, modifiedAt } = file.status;
  const read = (start: number, end: number) =>
    file.files.readStream(file.path, { offset: start, length: end - start });
  return { path: file.path, source: { size, modifiedAt, read } };
}

/** The failure of an installation, as clients know it. Others stay as they are. */
export function installFailure(error: unknown): unknown {
  if (error instanceof SourceError) {
    const detail = `Could not read canvas extension source: ${error.message}`;
    return new AgentServerError("bad_request", detail, { cause: error });
  }
  if (!(error instanceof InstallError)) return error;
  const cause = { cause: error };
  switch (error.code) {
    case "installed":
      return new AgentServerError(
        "conflict",
        "Canvas extension already installed. Use force=true to overwrite.",
        cause,
      );
    case "absent":
      return new AgentServerError(
        "unprocessable",
        "No canvas-extension.json found at the resolved location. Source plus Path must point at the " +
          "extension's own directory, not the repository root.",
        cause,
      );
    case "invalid":
      return new AgentServerError(
        "unprocessable",
        "Invalid canvas extension. Ensure the manifest is well-formed.",
        cause,
      );
  }
}
