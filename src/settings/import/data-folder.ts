import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";

/** Names of which a data folder of the reference has one. */
const NAMES = [
  ...["settings.json", "secrets.json", "workspaces.json", "profiles", "agent-profiles", "meta-profiles"],
  ...["provider-connections", "auth"],
];

/** Whether the reference keeps settings, secrets or profiles in a folder. */
export async function isDataFolder(files: WorkspaceFiles, folder: string): Promise<boolean> {
  const statuses = await Promise.all(NAMES.map((name) => files.stat(`${folder}/${name}`)));
  return statuses.some((status) => status !== null);
}
