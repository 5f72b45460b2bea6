import type { MarketplacePlugin, MarketplaceSkill } from "../../wire/extensions/marketplace.ts";
import type { SourceText } from "../checkout/source.ts";
import { SourceError } from "../checkout/source-error.ts";
import type { Marketplace } from "./read-marketplace.ts";

/**
 * The source of a plugin of a marketplace.
 *
 * @throws SourceError for one that the marketplace must not name
 */
export function pluginSourceOf(marketplace: OriginOf, { name, source }: MarketplacePlugin): SourceText {
  if (typeof source === "string") return sourceOf(marketplace, source);
  const { source: kind, repo, url, ref = null, path = null } = source;
  const rest = { ref, repoPath: path };
  if (kind === "github" && repo) return { source: `github:${repo}`, ...rest };
  if (kind === "url" && url) return { source: url, ...rest };
  throw new SourceError("invalid_source", `Invalid plugin source for '${name}'`);
}

/** The source of a skill of a marketplace: also a page of GitHub that shows its folder. @throws SourceError */
export function skillSourceOf(marketplace: OriginOf, { source }: MarketplaceSkill): SourceText {
  const page = /^https:\/\/github\.com\/([^/]+)\/([^/]+)\/(?:blob|tree)\/([^/]+)\/(.+)$/.exec(source);
  if (page === null) return sourceOf(marketplace, source);
  const [, owner, repo, ref = null, repoPath = null] = page;
  return { source: `github:${owner}/${repo}`, ref, repoPath };
}

/** A marketplace, and whether it came from a repository. */
export interface OriginOf extends Pick<Marketplace, "path"> {
  isFetched: boolean;
}

function sourceOf({ path, isFetched }: OriginOf, text: string): SourceText {
  const isElsewhere = /^[/~]/.test(text) || text.includes("://");
  if (!isElsewhere) {
    const repoPath = text.replace(/^(?:\.{0,2}\/+)+|^\.{1,2}$/, "") || null;
    return { source: path, ref: null, repoPath };
  }
  // A repository of others must not choose folders of this machine.
  if (isFetched && !/^https?:\/\//.test(text))
    throw new SourceError(
      "source_not_allowed",
      `A marketplace may not name ${text}, a place on this machine`,
    );
  return { source: text, ref: null, repoPath: null };
}
