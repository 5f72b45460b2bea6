import { z } from "zod";
import { once } from "../../once.ts";
import { hookConfig } from "../agent/hook-config.ts";

/** Body of `POST /api/hooks`. */
export const hooksRequest = once(() =>
  z
    .object({ project_dir: z.string().nullable().default(null).describe("Folder of a project") })
    .meta({ id: "HooksRequest" }),
);

/** Answer of `POST /api/hooks`. */
export const hooksResponse = once(() =>
  z
    .object({ hook_config: hookConfig.nullable().default(null).describe("null when there are none") })
    .meta({ id: "HooksResponse" }),
);
