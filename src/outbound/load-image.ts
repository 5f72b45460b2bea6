import type { GuardedFetch } from "./guarded-fetch.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 20 * 1024 * 1024;

/**
 * An image of the web as a data URL. Rejects when it takes over 30 seconds, is over 20 MiB or says that it is no image.
 */
export async function loadImage(url: string, signal: AbortSignal, fetch: GuardedFetch): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(new URL(url), { headers: { accept: "image/*" }, signal: bounded });
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!response.ok || !type.startsWith("image/")) {
    await response.body?.cancel();
    throw new Error(response.ok ? `it is ${type || "of no type"}` : `its server answered ${response.status}`);
  }
  return `data:${type};base64,${(await readBounded(response)).toString("base64")}`;
}

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop early cancels the body.
    if (bytes > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
