import { createServer } from "node:net";
import { isMetadataAddress } from "../addresses.ts";
import type { CompanyProxy } from "../company-proxy/company-proxy.ts";
import { createGuardedFetch } from "../guarded-fetch.ts";

/** Milliseconds that a health probe may take. */
const PROBE_LIMIT = 1_000;

const PLATFORMS: Readonly<Record<string, "linux-amd64" | "linux-arm64">> = {
  "linux x64": "linux-amd64",
  "linux arm64": "linux-arm64",
};

/** This machine and its network, for the back ends of extensions. `proxy` leads to others; null for none. */
export function appNetwork(proxy: CompanyProxy | null) {
  // An archive may lie in the user's own network, so only metadata services are refused.
  const download = createGuardedFetch(async (address) => !(await isMetadataAddress(address)), proxy);
  return {
    platform: PLATFORMS[`${process.platform} ${process.arch}`] ?? null,
    freePort,
    isHealthy,
    download: (url: URL, signal: AbortSignal) => download(url, { signal, redirect: "manual" }),
  } as const;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
      .once("error", reject)
      .listen(0, "127.0.0.1", () => {
        const address = probe.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        probe.close(() => resolve(port));
      });
  });
}

/** Asks a port by GET. Redirects are not followed: they count as healthy, wherever they lead. */
async function isHealthy(port: number, path: string): Promise<boolean> {
  const { request } = await import("node:http");
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PROBE_LIMIT);
    const asked = request({ host: "127.0.0.1", port, path, agent: false, signal }, (answer) => {
      const { statusCode = 0 } = answer;
      answer.destroy();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asked.once("error", () => resolve(false));
    asked.once("upgrade", (_answer, connection) => {
      connection.destroy();
      resolve(false);
    });
    asked.end();
  });
}
