import { type HookConfig, hookConfig, momentsWithHooks } from "../wire/agent/hook-config.ts";
import { joinPath } from "../workspace/paths.ts";
import { type ExtensionPlace, orSkip, projectRoots, readText } from "./place.ts";

/** Reads the hooks of a project. null when there are none or their file is faulty. A fault is logged. */
export async function projectHooks(place: ExtensionPlace, projectDir: string): Promise<HookConfig | null> {
  const [folder = projectDir] = await projectRoots(place, projectDir);
  const path = joinPath(folder, ".openhands", "hooks.json");
  const text = await readText(place, path);
  if (text === null) return null;
  const config = await orSkip(place, path, async () => hookConfig.parse(JSON.parse(text)));
  return config === null || momentsWithHooks(config).length === 0 ? null : config;
}
