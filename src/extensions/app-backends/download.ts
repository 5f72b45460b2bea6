import { AgentServerError } from "../../errors.ts";
import { Digest, fileDigest } from "../../workspace/file-digest.ts";
import { joinPath } from "../../workspace/paths.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";
import type { ExtensionPlace } from "../place.ts";
import type { AppNetwork } from "./app-network.ts";
import { backendFolders } from "./backend-folders.ts";

/** Bounds of a download. */
export interface DownloadLimits {
  maxDownloadBytes: number;
  /** Milliseconds in all. */
  downloadTimeout: number;
}

interface DownloadRequest {
  place: ExtensionPlace;
  network: AppNetwork;
  limits: DownloadLimits;
  url: string;
  sha256: string;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Downloads an archive, unless one of its checksum is there. Resolves to its path.
 *
 * @throws AgentServerError `conflict`, in the reference's words
 */
export async function download(request: DownloadRequest): Promise<string> {
  const { place, sha256, limits } = request;
  const { files } = place.workspace;
  const path = joinPath(backendFolders(place, "").downloads, `${sha256}.tar.gz`);
  const known = (await files.stat(path).catch(() => null))?.type === "file";
  if (known && (await fileDigest(files, path)) === sha256) return path;
  const signal = AbortSignal.timeout(limits.downloadTimeout);
  const response = await followed(request, signal);
  const digest = new Digest();
  try {
    await files.write(path, checked(response, { digest, sha256, maxBytes: limits.maxDownloadBytes }));
  } catch (error) {
    throw AgentServerError.is(error) || WorkspaceError.is(error) ? error : failed(error);
  }
  return path;
}

interface Check {
  digest: Digest;
  sha256: string;
  maxBytes: number;
}

/** Throws at the end of the bytes when they are not those of the checksum, so that no file comes of them. */
async function* checked(response: Response, { digest, sha256, maxBytes }: Check): AsyncGenerator<Uint8Array> {
  for await (const piece of digest.through(response.body ?? ReadableStream.from([]))) {
    if (digest.size > maxBytes) throw refused("backend artifact exceeds maximum size");
    yield piece;
  }
  if (digest.end() !== sha256) throw refused("backend artifact checksum does not match manifest");
}

async function followed({ url, network, limits }: DownloadRequest, signal: AbortSignal): Promise<Response> {
  let current = new URL(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    if (current.protocol !== "https:" || current.username !== "" || current.password !== "")
      throw refused("backend artifact URL is not allowed");
    const response = await network.download(current, signal).catch((error: unknown) => {
      throw failed(error);
    });
    if (response.status === 200) {
      if (Number(response.headers.get("content-length") ?? 0) <= limits.maxDownloadBytes) return response;
      await response.body?.cancel();
      throw refused("backend artifact exceeds maximum size");
    }
    await response.body?.cancel();
    if (!REDIRECTS.has(response.status))
      throw refused(`backend artifact download failed with HTTP ${response.status}`);
    const next = URL.parse(response.headers.get("location") ?? "", current.href);
    if (next === null || !response.headers.has("location")) break;
    current = next;
  }
  throw refused("backend artifact redirect limit exceeded");
}

function failed(cause: unknown): AgentServerError {
  return new AgentServerError("conflict", "backend artifact download failed", { cause });
}

function refused(detail: string): AgentServerError {
  return new AgentServerError("conflict", detail);
}
