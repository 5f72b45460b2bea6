import type { Logger } from "../logger.ts";
import { companyProxyIn } from "../outbound/company-proxy/company-proxy.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Sends the requests of this process to models through the proxies of the environment. Node's own `fetch` does so only
 * when it is asked to. This machine, where models may run, too, is reached without them.
 */
export async function useGlobalProxy(environment: Environment, logger: Logger): Promise<void> {
  const proxy = companyProxyIn(environment);
  if (proxy === null) return;
  for (const name of proxy.unusable) {
    logger.warn(
      { name },
      "A proxy of the environment is not used: it must speak http or https, and its password be percent-encoded",
    );
  }
  const of = (scheme: string) => proxy.proxyFor(new URL(`${scheme}://proxied.invalid`))?.href;
  const exempt = environment.no_proxy || environment.NO_PROXY;
  const { setGlobalProxyFromEnv } = await import("node:http");
  if (typeof setGlobalProxyFromEnv !== "function") {
    logger.warn(
      {},
      "Models are asked without the proxy of the environment: set NODE_USE_ENV_PROXY=1, or use Node 24.14",
    );
    return;
  }
  setGlobalProxyFromEnv({
    HTTP_PROXY: of("http"),
    HTTPS_PROXY: of("https"),
    NO_PROXY: [exempt, "localhost", "127.0.0.1", "::1", "[::1]"].filter(Boolean).join(","),
  });
}
