import { readBounded } from "../read-bounded.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 20 * 1024 * 1024;

/**
 * Fetches an image as a data URL. Rejects after 30 seconds, beyond 20 MiB, and if the content type is not an image.
 */
export async function loadImage(url: string, signal: AbortSignal, fetch: GuardedFetch): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(new URL(url), { headers: { accept: "image/*" }, signal: bounded });
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!response.ok || !type.startsWith("image/")) {
    await response.body?.cancel();
    if (!response.ok) throw new Error(`its server answered ${response.status}`);
    throw new Error(`its content type is ${type || "missing"}`);
  }
  return `data:${type};base64,${(await readBounded(response.body, MAX_BYTES)).toString("base64")}`;
}
