import { AgentServerError } from "../../errors.ts";

/** The origin at which browsers reach back ends, and how a request shows its own. */
export interface IngressOptions {
  /** URL without a slash at its end. null: no browser may reach them. */
  publicUrl: string | null;
  /** Whether a proxy in front says by which origin a request came, in headers that callers cannot set past it. */
  trustForwarded: boolean;
  /** Whether pages of an origin may call the server. */
  allowsOrigin(origin: string): boolean;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The rules about the origins of back ends and of the pages that use them, in the reference's words. */
export class IngressOrigin {
  readonly #options: IngressOptions;

  constructor(options: IngressOptions) {
    this.#options = options;
  }

  /** @throws AgentServerError `unavailable` where no browser may reach back ends */
  get publicUrl(): string {
    const { publicUrl } = this.#options;
    if (publicUrl === null)
      throw new AgentServerError("unavailable", "Canvas App backend ingress is not configured");
    return publicUrl;
  }

  /** The path below which browsers see back ends. Empty for the root. */
  get publicPath(): string {
    return new URL(this.publicUrl).pathname.replace(/\/+$/, "");
  }

  /** Requires that a request was sent to the origin of back ends. @throws AgentServerError `misdirected` */
  checkHost(request: Request): void {
    if (this.#requestOrigin(request) === originOf(this.publicUrl)) return;
    throw new AgentServerError("misdirected", "Canvas App request must use the configured ingress origin");
  }

  /**
   * Requires that a page of the web app asks, from another origin than that of back ends: they could otherwise read all
   * that it shows.
   */
  checkControl(request: Request): void {
    this.checkHost(request);
    const origin = request.headers.get("origin") ?? "";
    if (!this.#options.allowsOrigin(origin)) throw new AgentServerError("forbidden", "Origin is not allowed");
    if (originOf(origin) === originOf(this.publicUrl))
      throw new AgentServerError("conflict", "Canvas App ingress must use a separate browser origin");
  }

  /** Requires that a page of a back end asks. @throws AgentServerError `forbidden` */
  checkApp(request: Request): void {
    const origin = request.headers.get("origin");
    if (origin !== null && originOf(origin) === originOf(this.publicUrl)) return;
    throw new AgentServerError("forbidden", "Origin is not allowed");
  }

  /** Requires that the browser keeps a cookie that only secure pages have. @throws AgentServerError `unavailable` */
  checkSecure(request: Request): void {
    const url = URL.parse(this.#requestOrigin(request) ?? "");
    if (url?.protocol === "https:" || LOOPBACK.has(url?.hostname ?? "")) return;
    throw new AgentServerError(
      "unavailable",
      "Canvas App sessions require HTTPS or a loopback secure context",
    );
  }

  /** Whether a request comes from a page of the origin of back ends, or would show another page there. */
  isFromApp(request: Request): boolean {
    const { publicUrl } = this.#options;
    if (publicUrl === null || this.#requestOrigin(request) !== originOf(publicUrl)) return false;
    const origin = request.headers.get("origin");
    if (origin !== null) return origin === "null" || originOf(origin) === originOf(publicUrl);
    // Programs send no such header. A page that its user has opened there could be read by those of back ends.
    return request.headers.has("sec-fetch-site");
  }

  #requestOrigin(request: Request): string | null {
    const { headers } = request;
    const url = new URL(request.url);
    const trusted = (name: string) => (this.#options.trustForwarded ? firstValue(headers.get(name)) : "");
    const scheme = trusted("x-forwarded-proto") || url.protocol.slice(0, -1);
    const host = trusted("x-forwarded-host") || headers.get("host") || url.host;
    return originOf(`${scheme.replace(/^ws/, "http")}://${host}`);
  }
}

/** An origin with its port. null for text that is not an http or https one. */
function originOf(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !Object.hasOwn(DEFAULT_PORTS, url.protocol) || url.hostname === "") return null;
  return `${url.protocol}//${url.hostname}:${url.port || DEFAULT_PORTS[url.protocol]}`;
}

function firstValue(header: string | null): string {
  return (header ?? "").split(",")[0]?.trim() ?? "";
}
