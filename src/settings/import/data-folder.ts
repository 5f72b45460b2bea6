import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";

/** Names of which a data folder of the reference has one. */
const NAMES = [
  ...["settings.json", "secrets.json", "workspaces.json", "profiles", "agent-profiles", "meta-profiles"],
  ...["provider-connections", "auth"],
];

/** Folders of what users have installed. They are found where they lie, so they are not imported. */
const INSTALLED = ["skills/installed", "plugins/installed"];

/** Whether a data folder holds installed skills or plugins. */
export async function hasInstalled(files: WorkspaceFiles, folder: string): Promise<boolean> {
  const statuses = await Promise.all(INSTALLED.map((name) => files.stat(`${folder}/${name}`)));
  return statuses.some((status) => status !== null);
}

/** Whether the reference keeps settings, secrets or profiles in a folder. */
export async function isDataFolder(files: WorkspaceFiles, folder: string): Promise<boolean> {
  const statuses = await Promise.all(NAMES.map((name) => files.stat(`${folder}/${name}`)));
  return statuses.some((status) => status !== null);
}
