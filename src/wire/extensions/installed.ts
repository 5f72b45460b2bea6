import { z } from "zod";
import { once } from "../../once.ts";

const text = () => z.string().nullable().default(null);

/** Where an installed skill or plugin came from. */
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

/** The name of an installed extension in a path. */
export const extensionName = (pattern: RegExp) =>
  z.string().min(1, { abort: true }).max(255, { abort: true }).regex(pattern);
