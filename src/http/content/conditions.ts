/** The identity of one state of a resource. */
export interface Validators {
  /** In double quotes. */
  etag?: string | undefined;
  /** As in the header `Last-Modified`. */
  lastModified?: string | undefined;
}

/** True when the client has this state already (RFC 9110, 13.1.2 and 13.1.3). `If-None-Match` wins over the date. */
export function isNotModified(headers: Headers, { etag, lastModified }: Validators): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return tags.trim() === "*" || (etag !== undefined && listsTag(tags, etag));
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return lastModified !== undefined && Date.parse(lastModified) <= since;
}

/** True when a range may be answered: the client's other bytes are of this state, or the client set no condition. */
export function isRangeCurrent(headers: Headers, { etag, lastModified }: Validators): boolean {
  const condition = headers.get("if-range");
  return condition === null || condition === etag || condition === lastModified;
}

/** Compares weakly: a cache may have marked the tag as weak on the way. */
function listsTag(tags: string, etag: string): boolean {
  return tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
