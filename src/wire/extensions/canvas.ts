import { z } from "zod";
import { once } from "../../once.ts";
import { canvasManifest } from "./canvas-manifest.ts";
import { extensionName, installedExtension } from "./installed.ts";

/** Names of extensions in paths, as the reference writes the rule: refusals show it. */
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Bytes of a back end's output that are kept. */
export const MAX_LOG_BYTES = 256 * 1024;

/** The path of one extension. */
export const canvasParams = once(() => z.object({ extension_name: extensionName(NAME) }));

/** An extension as clients see it. */
export const installedCanvasExtension = once(() =>
  installedExtension()
    .extend({
      enabled: z.boolean().default(false),
      requested_ref: z.string().nullable().default(null),
      manifest: canvasManifest()
        .nullable()
        .default(null)
        .describe("null where the files are no longer those of a valid extension"),
    })
    .meta({ id: "InstalledCanvasExtensionResponse" }),
);

/** Answer of `GET /api/canvas-extensions/installed`. */
export const canvasExtensionsResponse = once(() =>
  z
    .object({ canvas_extensions: z.array(installedCanvasExtension()) })
    .meta({ id: "InstalledCanvasExtensionsListResponse" }),
);

/** Body of the routes that prepare and start a back end. */
export const backendRevisionRequest = once(() =>
  z
    .object({ revision: z.string().min(1).describe("The one that the user has looked at") })
    .meta({ id: "BackendRevisionRequest" }),
);

/** A back end and how it fares. */
export const backendStatus = once(() =>
  z
    .object({
      name: z.string(),
      state: z.enum(["missing", "stopped", "starting", "ready", "unhealthy", "unsupported"]),
      revision: z.string().nullable().default(null).describe("Of what is installed"),
      prepared_revision: z.string().nullable().default(null),
      pid: z.int().nullable().default(null),
      port: z.int().nullable().default(null),
      detail: z.string().nullable().default(null),
    })
    .meta({ id: "BackendStatus" }),
);

export type BackendStatus = z.output<ReturnType<typeof backendStatus>>;

/** The end of what a back end has written. */
export const backendLogs = once(() =>
  z.object({ name: z.string(), logs: z.string(), truncated: z.boolean() }).meta({ id: "BackendLogs" }),
);

export type BackendLogs = z.output<ReturnType<typeof backendLogs>>;

/** Answer of the route that opens a back end to a browser. */
export const appSessionResponse = once(() =>
  z
    .object({
      ingress_url: z.string(),
      expires_at: z.string(),
      iframe_sandbox: z
        .string()
        .default("allow-forms allow-modals allow-popups allow-same-origin allow-scripts"),
    })
    .meta({ id: "AppBackendSessionResponse" }),
);
