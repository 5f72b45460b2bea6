import { AgentServerError } from "../../errors.ts";
import type { AppArtifact } from "../../wire/extensions/canvas-manifest.ts";
import { ArchiveFault, type ArchiveFaultCode, unpackTarGz } from "../../workspace/archive/unpack-tar-gz.ts";
import { fileDigest } from "../../workspace/file-digest.ts";
import { joinPath } from "../../workspace/paths.ts";
import { packageFile, packageFolder } from "../canvas/canvas-package.ts";
import { type ExtensionPlace, entriesOf } from "../place.ts";
import type { AppNetwork } from "./app-network.ts";
import { backendFolders, isFolder } from "./backend-folders.ts";
import { type DownloadLimits, download } from "./download.ts";

/** Bounds of an archive and of what is in it. */
export interface ArtifactLimits extends DownloadLimits {
  /** Bytes of all files of an archive, unpacked. */
  maxUnpackedBytes: number;
  /** Files and folders of an archive. */
  maxEntries: number;
}

export interface ArtifactRequest {
  place: ExtensionPlace;
  network: AppNetwork;
  name: string;
  artifact: AppArtifact;
  limits: ArtifactLimits;
}

const MISMATCH = "backend artifact checksum does not match manifest";

/** The faults of archives in the reference's words. */
const FAULTS: Readonly<Record<ArchiveFaultCode, string>> = {
  invalid: "backend artifact is not a valid gzip tar archive",
  unsafe: "backend artifact contains an unsafe archive entry",
  too_large: "backend artifact exceeds maximum size",
  empty: "backend artifact contains no files after stripping",
};

/**
 * Has the archive of a back end unpacked in a folder that is named by its checksum. Resolves to the path. Other folders
 * of the back end are removed: it does not run.
 *
 * @throws AgentServerError `conflict` for an archive that is not the one of the manifest, or not a safe one
 */
export async function unpackArtifact(request: ArtifactRequest): Promise<string> {
  const { place, name, artifact, limits } = request;
  const { files } = place.workspace;
  const { artifacts } = backendFolders(place, name);
  const folder = joinPath(artifacts, artifact.sha256);
  if (await isFolder(place, folder)) return folder;
  const archive = await findArchive(request);
  for (const { name: left } of await entriesOf(place, artifacts))
    await files.remove(joinPath(artifacts, left), { recursive: true });
  const staged = joinPath(artifacts, `.${artifact.sha256}.${place.clock.newId()}`);
  try {
    await files.makeFolder(staged);
    await unpackTarGz({
      ...{ files, source: await archive.read(), folder: staged, strip: artifact.strip_components },
      ...{ maxBytes: limits.maxUnpackedBytes, maxEntries: limits.maxEntries },
    });
    await files.move(staged, folder).catch(async (error: unknown) => {
      // Another server of the same user may have been quicker.
      if (!(await isFolder(place, folder))) throw error;
    });
  } catch (error) {
    if (!(error instanceof ArchiveFault)) throw error;
    throw new AgentServerError("conflict", FAULTS[error.code], { cause: error });
  } finally {
    await files.remove(staged, { recursive: true }).catch(() => {});
  }
  return folder;
}

interface Archive {
  read(): Promise<AsyncIterable<Uint8Array>>;
}

/** The archive in the package or the downloaded one, whose checksum is that of the manifest. */
async function findArchive({ place, network, name, artifact, limits }: ArtifactRequest): Promise<Archive> {
  const { path, url, sha256 } = artifact;
  const { files } = place.workspace;
  if (url !== null) {
    const downloaded = await download({ place, network, limits, url, sha256 });
    return { read: () => files.readStream(downloaded) };
  }
  const file = await packageFile(place, packageFolder(place, name), path);
  if (file === null)
    throw new AgentServerError("conflict", "backend artifact is not a contained regular file");
  if ((await fileDigest(file.files, file.path)) !== sha256) throw new AgentServerError("conflict", MISMATCH);
  return { read: () => file.files.readStream(file.path) };
}
