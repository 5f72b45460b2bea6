import { AgentServerError } from "../../errors.ts";
import { splitUrl } from "../../http/request-path.ts";
import { withoutCredentials } from "./proxy-headers.ts";

const ROOT = "/app-backends/";
const ENCODED = /%([0-9a-f]{2})/gi;

/**
 * Path and query of a request as its back end gets them, as the client has written them.
 *
 * @throws AgentServerError `bad_request` for a path that a back end may read as one elsewhere
 */
export function proxyTarget(request: Request): string {
  const { pathname, search } = splitUrl(request.url);
  const below = pathname.slice(pathname.indexOf(ROOT) + ROOT.length);
  const slash = below.indexOf("/");
  const path = slash < 0 ? "/" : below.slice(slash);
  if (leadsElsewhere(path)) throw new AgentServerError("bad_request", "Invalid backend path");
  const query = withoutCredentials(search);
  return query === "" ? path : `${path}?${query}`;
}

/** Whether a path has `.`, `..` or a backslash, however often it is encoded. Each round makes it shorter. */
function leadsElsewhere(path: string): boolean {
  let decoded = path;
  for (;;) {
    const next = decoded.replace(ENCODED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === decoded) break;
    decoded = next;
  }
  return decoded.includes("\\") || decoded.split("/").some((part) => part === "." || part === "..");
}
