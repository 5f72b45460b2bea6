import { AgentServerError } from "../../errors.ts";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import { packageFolder } from "../canvas/canvas-package.ts";
import type { ExtensionPlace } from "../place.ts";
import type { BackendStart } from "./app-backend.ts";
import type { AppNetwork } from "./app-network.ts";
import { readApproval } from "./approval.ts";
import { backendFolders, isFolder } from "./backend-folders.ts";
import type { RunnableApp } from "./installed-app.ts";

export interface StartRequest {
  place: ExtensionPlace;
  network: AppNetwork;
  name: string;
  revision: string;
  app: RunnableApp;
}

/**
 * Makes a back end ready to be started, from what is prepared. null for one whose program is not an executable file of
 * the prepared archive.
 *
 * @throws AgentServerError `conflict` for what is not prepared
 */
export async function backendStart(request: StartRequest): Promise<BackendStart | null> {
  const { place, network, name, revision, app } = request;
  const { files } = place.workspace;
  const folder = await preparedFolder(request);
  const { data, home } = backendFolders(place, name);
  await files.makeFolder(home);
  const port = await network.freePort();
  const values = { port: String(port), data_dir: data, artifact_dir: folder };
  const [first = "", ...parameters] = app.backend.argv.map((argument) => filledIn(argument, values));
  const program = await executable(place, first, folder);
  if (program === null) return null;
  return {
    ...{ workspace: place.workspace, network, revision, port, home },
    argv: [program, ...parameters],
    cwd: await files.realPath(packageFolder(place, name)),
    variables: app.backend.inherit_environment,
    tag: place.clock.newId(),
    health: app.backend.health,
  };
}

async function preparedFolder({ place, name, revision, app }: StartRequest): Promise<string> {
  const approval = await readApproval(place, name);
  if (approval === null || approval.revision !== revision)
    throw new AgentServerError("conflict", "backend revision must be prepared before start");
  const { platform, artifact_sha256: sha256, artifact_dir: folder } = approval;
  if (!(await isFolder(place, folder)))
    throw new AgentServerError("conflict", "prepared backend artifact is missing");
  const expected = joinPath(backendFolders(place, name).artifacts, app.artifact.sha256);
  const { files } = place.workspace;
  const isSame = (await files.realPath(folder)) === (await files.realPath(expected));
  if (!isSame || platform !== app.platform || sha256 !== app.artifact.sha256)
    throw new AgentServerError("conflict", "prepared backend metadata does not match manifest");
  return folder;
}

/** The real path of a program in the folder. null for one elsewhere, and for what cannot be run. */
async function executable(
  { workspace }: ExtensionPlace,
  path: string,
  folder: string,
): Promise<string | null> {
  const { files } = workspace;
  const [program, root] = await Promise.all([files.realPath(path), files.realPath(folder)]);
  const status = await files.stat(program).catch(() => null);
  const mayRun = status?.mode === undefined || (status.mode & 0o111) !== 0;
  return isWithin(root, program) && status?.type === "file" && mayRun ? program : null;
}

function filledIn(argument: string, values: Readonly<Record<string, string>>): string {
  return argument.replace(/\{(port|data_dir|artifact_dir)\}/g, (whole, name) => values[name] ?? whole);
}
