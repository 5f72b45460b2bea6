/** Of one connection, or the server's own: they are made new on the other side. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "host",
  "http2-settings",
];

/** Prove who asks. A back end must not see how browsers and programs open the server, nor set a cookie for it. */
const CREDENTIALS = ["authorization", "x-session-api-key", "cookie", "set-cookie"];

/**
 * Hold for more than the one answer: for the whole origin, which is that of all back ends, for its host, or for the
 * proxy in front of the server, which would send files of its machine.
 */
const FAR_REACHING = [
  "clear-site-data",
  "strict-transport-security",
  "alt-svc",
  "service-worker-allowed",
  "nel",
  "report-to",
  "reporting-endpoints",
  "x-sendfile",
  "x-lighttpd-send-file",
];

const LEFT_OUT: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...CREDENTIALS]);
const LEFT_OUT_OF_ANSWERS: ReadonlySet<string> = new Set([...LEFT_OUT, ...FAR_REACHING, "date", "server"]);
const OF_PROXY = /^x-accel-/;

const CREDENTIAL_PARAMETERS: ReadonlySet<string> = new Set([
  "session_api_key",
  "x-session-api-key",
  "authorization",
]);

/** The headers of a request as a back end gets them. Those that `Connection` names are of one connection, too. */
export function requestHeaders(headers: Headers): [string, string][] {
  const named = new Set(
    (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase()),
  );
  return [...headers].filter(([name]) => !LEFT_OUT.has(name) && !named.has(name));
}

/** The headers of an answer as browsers get them. */
export function answerHeaders(headers: Headers): [string, string][] {
  return [...headers].filter(([name]) => !LEFT_OUT_OF_ANSWERS.has(name) && !OF_PROXY.test(name));
}

/** A query without the server's own credentials. The rest stays as it was written. */
export function withoutCredentials(query: string): string {
  return query
    .split("&")
    .filter((pair) => !CREDENTIAL_PARAMETERS.has(nameOf(pair).toLowerCase()))
    .join("&");
}

function nameOf(pair: string): string {
  const [name = ""] = pair.split("=", 1);
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
