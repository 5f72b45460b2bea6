import { z } from "zod";

/** The address of a folder in the editor. It holds the editor's token. */
export const vscodeUrlResponse = z.object({ url: z.string().nullable() }).meta({ id: "VSCodeUrlResponse" });

/** Whether there is an editor, and whether it runs. */
export const vscodeStatus = z.record(z.string(), z.union([z.boolean(), z.string()]));
