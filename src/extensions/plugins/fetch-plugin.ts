import { messageOf } from "../../errors.ts";
import type { FetchedPlugin } from "../../wire/extensions/plugins.ts";
import { joinPath } from "../../workspace/paths.ts";
import { fetchFilled } from "../checkout/fetch-filled.ts";
import type { SourceText } from "../checkout/source.ts";
import { SourceError } from "../checkout/source-error.ts";
import type { SecretValue } from "../checkout/variables.ts";
import type { ExtensionPlace } from "../place.ts";
import { loadPlugin } from "./load-plugin.ts";

/** The cache of plugins, which the reference shares. */
export function pluginCache({ userDir }: ExtensionPlace): string {
  return joinPath(userDir, "cache", "plugins");
}

/** A plugin to bring with what the request has, and nothing of the user's. */
export interface PluginRequest extends SourceText {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Values of `${NAME}` in source and ref. */
  secret: SecretValue;
}

/**
 * Brings a plugin into the cache and says what it holds. Nothing is installed.
 *
 * @throws SourceError with a code for clients
 */
export async function fetchPlugin(place: ExtensionPlace, wanted: PluginRequest): Promise<FetchedPlugin> {
  const { secret, timeout, signal, repoPath } = wanted;
  const { path, resolvedRef } = await fetchFilled(place, wanted, {
    filling: { secret, areRequired: true },
    ...{ isStrict: true, signal, cacheFolder: pluginCache(place) },
    deadline: place.clock.now() + timeout,
  });
  const { manifest, skills, commands } = await loadPlugin(place, path).catch((error: unknown) => {
    throw new SourceError("invalid_plugin", `Invalid plugin: ${messageOf(error)}`, { cause: error });
  });
  if (manifest === null) throw new SourceError("invalid_plugin", "Invalid plugin: plugin.json not found.");
  return {
    path,
    resolved_ref: resolvedRef,
    source: wanted.source,
    repo_path: repoPath,
    manifest,
    skills: skills.map(({ name }) => name),
    commands: commands.map(({ name }) => name),
  };
}
