import type { CorsOptions } from "../../http/cors.ts";
import type { ResolvedOptions } from "./resolved-options.ts";

/** Whose pages may call the server. */
export function corsOptions(options: ResolvedOptions): CorsOptions {
  return {
    origins: options.corsOrigins,
    originRegex: options.corsOriginRegex,
    dockerHost: options.dockerHost,
  };
}
