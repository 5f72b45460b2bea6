import type { ResolvedOptions } from "../options/resolved-options.ts";

/** Placeholder origin used until the server listens. The `.invalid` domain never resolves (RFC 2606). */
export const UNLISTED_URL = "http://this-server.invalid";

/** Lists the URLs at which this server is reached. The one for its own requests comes first. */
export function ownUrlsOf(
  { internalUrl, webUrl }: Pick<ResolvedOptions, "internalUrl" | "webUrl">,
  listenings: Iterable<{ url: string }>,
): string[] {
  const urls = [internalUrl, ...[...listenings].map(({ url }) => url), webUrl];
  return [...urls.filter((url) => url !== undefined && URL.canParse(url)), UNLISTED_URL] as string[];
}
