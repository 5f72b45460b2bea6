/** A redirect that a server answered to a request with credentials. */
export class RedirectError extends Error {
  override readonly name = "RedirectError";
  /** HTTP status of the redirect. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

type Send<Target, Init> = (target: Target, init: Init & { redirect: "manual" }) => Promise<Response>;

/**
 * Makes a `fetch` for requests with keys, secrets or prompts. It never follows a redirect, so that they reach only the
 * address they were meant for. Every request of the server with credentials goes through here.
 *
 * @throws RedirectError naming the address, the status and the target of the redirect
 */
export function credentialedFetch<Target extends string | URL | Request, Init extends object>(
  send: Send<Target, Init>,
): (target: Target, init?: Init) => Promise<Response> {
  return async (target, init) => {
    const response = await send(target, { ...(init as Init), redirect: "manual" });
    if (!isRedirect(response)) return response;
    await response.body?.cancel();
    throw refusal(target, response);
  };
}

/** Some runtimes hide status and target of a redirect behind the type `opaqueredirect`. */
function isRedirect({ type, status, headers }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400 && headers.has("location"));
}

function refusal(target: string | URL | Request, { status, headers }: Response): RedirectError {
  const from = new URL(target instanceof Request ? target.url : target);
  const location = headers.get("location") ?? "";
  const to = URL.canParse(location, from.href)
    ? shown(new URL(location, from))
    : "an address that is not a URL";
  const message =
    `${shown(from)} answered ${status}, a redirect to ${to}. ` +
    "Redirects are not followed, because the request carries credentials.";
  return new RedirectError(message, status);
}

/** A URL without user, password and query, which may hold secrets. */
function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}
