import { z } from "zod";
import { once } from "../../../once.ts";

/** Name under which it is kept with what tools keep. No tool can have it. */
export const PLUGIN_NOTE = "plugins:loaded";

const note = once(() =>
  z.object({
    pinned: z.array(
      z.object({
        source: z.string(),
        resolved_ref: z.string().nullable(),
        repo_path: z.string().nullable(),
        original_ref: z.string().nullable(),
      }),
    ),
    servers: z.array(z.string()),
  }),
);

/** The plugins that a conversation keeps over restarts, and the names under which its agent shows their servers. */
export type PluginNote = z.output<ReturnType<typeof note>>;

/**
 * Reads what was kept. undefined for nothing, and for a note that is damaged: the plugins are looked for again then.
 */
export function readPluginNote(value: unknown): PluginNote | undefined {
  return note().safeParse(value).data;
}
