import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import type { PluginSource } from "../../wire/agent/agent-definition.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import { fetchFilled } from "../checkout/fetch-filled.ts";
import type { FetchedSource } from "../checkout/fetch-source.ts";
import { maskSource, type SourceText } from "../checkout/source.ts";
import type { SecretValue } from "../checkout/variables.ts";
import { Marketplaces } from "../marketplaces/marketplaces.ts";
import type { ExtensionPlace } from "../place.ts";
import { pluginCache } from "./fetch-plugin.ts";
import { lastOfName, projectPlugins, userPlugins } from "./list-plugins.ts";
import { loadPlugin } from "./load-plugin.ts";
import type { Plugin } from "./plugin.ts";

/** Milliseconds of the fetch of one plugin. */
const TIMEOUT = 120_000;

/** A plugin with the place that it came from, as a conversation keeps it. */
export interface PlacedPlugin {
  plugin: Plugin;
  place: {
    source: string;
    resolved_ref: string | null;
    repo_path: string | null;
    original_ref: string | null;
  };
}

/** The machines of a conversation and its secrets. */
export interface LoadingHost {
  /** The machine of the server, where plugins are fetched and those of the user lie. */
  shared: ExtensionPlace;
  /** The machine of the agent, where those of the project lie. */
  own: ExtensionPlace;
  secret: SecretValue;
}

/** A place that was kept, with the commit that it had. */
export type KeptPlace = PlacedPlugin["place"];

/** Loads plugins that were asked for, from where they are now. @throws SourceError, or Error for a faulty plugin */
export async function requestedPlugins(
  host: LoadingHost,
  sources: readonly PluginSource[],
): Promise<PlacedPlugin[]> {
  const placed: PlacedPlugin[] = [];
  for (const { source, ref, repo_path: repoPath } of sources)
    placed.push(await place(host, { source, ref, repoPath }, ref));
  return placed;
}

/** Loads plugins at the commits that they had. @throws as `requestedPlugins` */
export async function keptPlugins(host: LoadingHost, places: readonly KeptPlace[]): Promise<PlacedPlugin[]> {
  const placed: PlacedPlugin[] = [];
  for (const { source, resolved_ref: ref, repo_path: repoPath, original_ref: original } of places)
    placed.push(await place(host, { source, ref, repoPath }, original));
  return placed;
}

/** Loads the plugins and skills that marketplaces give to every conversation. @throws as `requestedPlugins` */
export async function automaticPlugins(
  host: LoadingHost,
  registrations: readonly MarketplaceRegistration[],
): Promise<{ placed: PlacedPlugin[]; skills: Skill[] }> {
  const { plugins, skills } = await marketplaces(host, registrations).autoLoaded();
  const placed: PlacedPlugin[] = [];
  for (const source of plugins) placed.push(await place(host, source, source.ref));
  return { placed, skills };
}

/** Loads the plugin that a reference names. @throws AgentServerError for the reference, others as `requestedPlugins` */
export async function referencedPlugin(
  host: LoadingHost,
  reference: string,
  registrations: readonly MarketplaceRegistration[],
): Promise<PlacedPlugin> {
  const source = await marketplaces(host, registrations).find(reference);
  return place(host, source, source.ref);
}

/** Reads the plugins that lie in folders of the user and the project. Those that cannot be read are logged. */
export async function ambientPlugins({ shared, own }: LoadingHost): Promise<Plugin[]> {
  const project = await projectPlugins(own, own.workspace.info.workingDir);
  return lastOfName([...(await userPlugins(shared)), ...project]);
}

function marketplaces(host: LoadingHost, registrations: readonly MarketplaceRegistration[]): Marketplaces {
  return new Marketplaces(host.shared, { registrations, fetch: (text) => fetch(host, text) });
}

async function place(host: LoadingHost, text: SourceText, original: string | null): Promise<PlacedPlugin> {
  const { path, resolvedRef } = await fetch(host, text);
  return {
    plugin: await loadPlugin(host.shared, path),
    place: {
      source: maskSource(text.source),
      resolved_ref: resolvedRef,
      repo_path: text.repoPath,
      original_ref: original,
    },
  };
}

/** Variables that no secret has stay as they are. */
function fetch({ shared, secret }: LoadingHost, text: SourceText): Promise<FetchedSource> {
  return fetchFilled(shared, text, {
    filling: { secret, areRequired: false },
    isStrict: false,
    cacheFolder: pluginCache(shared),
    deadline: shared.clock.now() + TIMEOUT,
  });
}
