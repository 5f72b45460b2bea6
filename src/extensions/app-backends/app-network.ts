import type { AppPlatform } from "../../wire/extensions/canvas-manifest.ts";

/** The network of the machine that back ends run on. */
export interface AppNetwork {
  /** The kind of the machine. null for one that no back end is made for. */
  readonly platform: AppPlatform | null;
  /** A port of the loopback interface on which nothing listens. */
  freePort(): Promise<number>;
  /** Whether a port answers a GET of a path well, with 2xx or 3xx, within a second. */
  isHealthy(port: number, path: string): Promise<boolean>;
  /** Requests an https URL that an extension names, without following redirects. Rejects for addresses it may not. */
  download(url: URL, signal: AbortSignal): Promise<Response>;
}
