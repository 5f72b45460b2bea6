/** Splits a request's URL without parsing the rest of it: this runs for every request. */
export function splitUrl(url: string): { pathname: string; search: string } {
  const authority = url.indexOf("://");
  const start = authority < 0 ? 0 : url.indexOf("/", authority + 3);
  if (start < 0) return { pathname: "/", search: "" };
  const hash = url.indexOf("#", start);
  const end = hash < 0 ? url.length : hash;
  const query = url.indexOf("?", start);
  if (query < 0 || query >= end) return { pathname: url.slice(start, end), search: "" };
  return { pathname: url.slice(start, query), search: url.slice(query + 1, end) };
}

/** `/agents/` and `agents` become `/agents`; `/` becomes the empty text. */
export function normalizePrefix(prefix: string | undefined): string {
  const inner = (prefix ?? "").replace(/^\/+|\/+$/g, "");
  return inner === "" ? "" : `/${inner}`;
}

/** Returns the path below a prefix, or undefined for a path elsewhere: `/agentsmith` is not below `/agents`. */
export function belowPrefix(pathname: string, prefix: string): string | undefined {
  if (prefix === "") return pathname;
  if (pathname === prefix) return "/";
  return pathname.startsWith(prefix) && pathname[prefix.length] === "/"
    ? pathname.slice(prefix.length)
    : undefined;
}
