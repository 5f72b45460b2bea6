import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AppNetwork } from "../../../src/extensions/app-backends/app-network.ts";
import { download } from "../../../src/extensions/app-backends/download.ts";
import { appNetwork } from "../../../src/outbound/apps/app-network.ts";
import { createGuardedFetch } from "../../../src/outbound/guarded-fetch.ts";
import { openPlace } from "../open-place.ts";

const CONTENT = Buffer.from("an archive");
const SHA = createHash("sha256").update(CONTENT).digest("hex");
const LIMITS = { maxDownloadBytes: 1000, downloadTimeout: 10_000 };

/** A site that is reached by https as extensions name it, and by http as it is. */
async function openSite(listener: RequestListener) {
  const site = createServer(listener);
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  const { port } = site.address() as AddressInfo;
  const asked: string[] = [];
  const fetchHere = createGuardedFetch(async () => true, null);
  const network: AppNetwork = {
    ...appNetwork(null),
    download: async (url, signal) => {
      asked.push(url.href);
      return fetchHere(new URL(`http://127.0.0.1:${port}${url.pathname}`), { signal, redirect: "manual" });
    },
  };
  const { place } = await openPlace();
  const bring = (path: string, more: Partial<{ sha256: string; limits: typeof LIMITS }> = {}) =>
    download({ place, network, limits: LIMITS, url: `https://site.example${path}`, sha256: SHA, ...more });
  const refusal = (path: string, more: Parameters<typeof bring>[1] = {}) =>
    bring(path, more).then(
      () => "brought",
      (error: { code?: string; detail?: unknown }) => `${error.code}: ${error.detail}`,
    );
  return { bring, refusal, asked };
}

describe("the archive of a back end on the web", () => {
  it("is brought once, over redirects, and taken from the disk then", async () => {
    const { bring, asked } = await openSite((request, answer) => {
      if (request.url === "/a.tar.gz") answer.writeHead(302, { location: "/b.tar.gz" }).end();
      else answer.end(CONTENT);
    });
    const path = await bring("/a.tar.gz");
    expect(readFileSync(path)).toEqual(CONTENT);
    expect(await bring("/a.tar.gz")).toBe(path);
    expect(asked).toEqual(["https://site.example/a.tar.gz", "https://site.example/b.tar.gz"]);
  });

  it("is refused with another checksum, too many bytes, redirects and other answers, and leaves nothing", async () => {
    const { refusal, asked } = await openSite((request, answer) => {
      switch (request.url) {
        case "/other.tar.gz":
          return answer.end("another archive");
        case "/long.tar.gz":
          return answer.end("x".repeat(1001));
        case "/longer.tar.gz":
          answer.write("x".repeat(600));
          return answer.end("x".repeat(600));
        case "/circle.tar.gz":
          return answer.writeHead(302, { location: "/circle.tar.gz" }).end();
        case "/plain.tar.gz":
          return answer.writeHead(302, { location: "http://site.example/a.tar.gz" }).end();
        case "/lost.tar.gz":
          return answer.writeHead(302).end();
        case "/cut.tar.gz":
          answer.writeHead(200, { "content-length": "500" }).write("begin");
          return setTimeout(() => answer.destroy(), 20);
        default:
          return answer.writeHead(404).end();
      }
    });
    const size = "conflict: backend artifact exceeds maximum size";
    const redirects = "conflict: backend artifact redirect limit exceeded";
    expect(await refusal("/other.tar.gz")).toBe(
      "conflict: backend artifact checksum does not match manifest",
    );
    expect(await refusal("/long.tar.gz")).toBe(size);
    expect(await refusal("/longer.tar.gz")).toBe(size);
    expect(await refusal("/lost.tar.gz")).toBe(redirects);
    expect(await refusal("/plain.tar.gz")).toBe("conflict: backend artifact URL is not allowed");
    expect(await refusal("/gone.tar.gz")).toBe("conflict: backend artifact download failed with HTTP 404");
    expect(await refusal("/cut.tar.gz")).toBe("conflict: backend artifact download failed");
    asked.length = 0;
    expect(await refusal("/circle.tar.gz")).toBe(redirects);
    expect(asked).toHaveLength(6);
  });

  it("is given up when it is slower than its limit", async () => {
    const { refusal } = await openSite((_request, answer) => void answer.write("begin"));
    const limits = { ...LIMITS, downloadTimeout: 300 };
    expect(await refusal("/slow.tar.gz", { limits })).toBe("conflict: backend artifact download failed");
  });

  it("is not asked of a metadata service", async () => {
    const { signal } = new AbortController();
    await expect(
      appNetwork(null).download(new URL("https://169.254.169.254/a.tar.gz"), signal),
    ).rejects.toThrow("does not open for users");
  });
});
