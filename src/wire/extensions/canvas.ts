import { z } from "zod";
import { once } from "../../once.ts";
import { installedExtension } from "./installed.ts";

/** Answer of `GET /api/canvas-extensions/installed`. */
export const canvasExtensionsResponse = once(() =>
  z
    .object({
      canvas_extensions: z.array(
        installedExtension()
          .extend({
            requested_ref: z.string().nullable().default(null),
            manifest: z.record(z.string(), z.unknown()).nullable().default(null),
          })
          .meta({ id: "InstalledCanvasExtensionResponse" }),
      ),
    })
    .meta({ id: "InstalledCanvasExtensionsListResponse" }),
);
