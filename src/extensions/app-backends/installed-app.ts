import type { AppArtifact, AppBackendManifest, AppPlatform } from "../../wire/extensions/canvas-manifest.ts";
import { appRevision } from "../canvas/app-revision.ts";
import { CANVAS, installedManifest } from "../canvas/canvas-package.ts";
import { InstalledExtensions } from "../installed/installed-extensions.ts";
import type { ExtensionPlace } from "../place.ts";

/** An installed back end that this machine can run. */
export interface RunnableApp {
  backend: AppBackendManifest;
  artifact: AppArtifact;
  platform: AppPlatform;
}

/** The extension of a name, as far as its back end is concerned. */
export type InstalledApp =
  | { readonly state: "runnable"; readonly revision: string; readonly app: RunnableApp }
  /** Not one that can run. `detail` says why. */
  | {
      readonly state: "missing" | "unsupported";
      readonly revision: string | null;
      readonly detail: string;
    };

/** Looks at what is installed under a name, for a machine of a kind. */
export async function installedApp(
  place: ExtensionPlace,
  name: string,
  platform: AppPlatform | null,
): Promise<InstalledApp> {
  const entry = await new InstalledExtensions(place, CANVAS).find(name);
  const manifest = entry === undefined ? null : await installedManifest(place, name);
  if (entry === undefined || manifest === null) {
    const detail = "Canvas App is not installed or its manifest is invalid";
    return { state: "missing", revision: null, detail };
  }
  const revision = await appRevision(entry, manifest);
  const unsupported = (detail: string) => ({ state: "unsupported", revision, detail }) as const;
  const { backend } = manifest;
  if (backend == null) return unsupported("Canvas App does not declare a backend");
  const artifact = platform === null ? undefined : backend.artifacts[platform];
  if (platform === null || artifact === undefined)
    return unsupported("Canvas App backend does not support this platform");
  if (place.workspace.info.network !== "shared")
    return unsupported("Canvas App backends need a machine that shares the network of the server");
  return { state: "runnable", revision, app: { backend, artifact, platform } };
}
