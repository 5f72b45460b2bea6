import { z } from "zod";
import { once } from "../../once.ts";

const text = () => z.string().nullable().default(null);

/** Where an installed extension came from. */
export const installedExtension = once(() =>
  z.object({
    name: z.string(),
    version: z.string().default(""),
    description: z.string().default(""),
    enabled: z.boolean().default(true),
    source: z.string(),
    resolved_ref: text().describe("Commit"),
    repo_path: text().describe("Folder within the repository"),
    installed_at: z.string(),
    install_path: z.string(),
  }),
);

export type InstalledExtension = z.output<ReturnType<typeof installedExtension>>;

/** The same in the file that is kept with installed extensions, which the reference shares. */
export const installedEntry = once(() =>
  installedExtension().extend({ requested_ref: text().describe("Branch, tag or commit that was asked for") }),
);

export type InstalledEntry = z.output<ReturnType<typeof installedEntry>>;

/** Names of the schemas of one kind of extension. */
type Noun = "Skill" | "Plugin" | "CanvasExtension";

/** Body of the route that installs an extension. */
export const installRequest = (noun: Noun) =>
  z
    .object({
      source: z
        .string()
        .min(1)
        .describe("`github:owner/repo[/folder]`, another git URL, or a path on the server's machine"),
      ref: text().describe("Branch, tag or commit"),
      repo_path: text().describe("Folder within the repository"),
      force: z.boolean().default(false).describe("Replaces an installed one of the same name"),
    })
    .meta({ id: `Install${noun}Request` });

/** Body of the route that enables or disables an extension. */
export const stateRequest = (noun: Noun) =>
  z.object({ enabled: z.boolean() }).meta({ id: `Update${noun}StateRequest` });

/** Answer of the route that enables or disables an extension. */
export const stateResponse = (noun: Noun) =>
  z.object({ name: z.string(), enabled: z.boolean() }).meta({ id: `Update${noun}StateResponse` });

/** Answer of the route that removes an extension. */
export const uninstalledResponse = (noun: Noun) =>
  z.object({ message: z.string() }).meta({ id: `Uninstall${noun}Response` });

/** The name of an installed extension in a path. */
export const extensionName = (pattern: RegExp) =>
  z.string().min(1, { abort: true }).max(255, { abort: true }).regex(pattern);
