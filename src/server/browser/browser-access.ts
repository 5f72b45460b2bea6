import { findChromium } from "../../browser/chromium/find-chromium.ts";
import { once } from "../../once.ts";
import { BROWSER } from "../../tools/catalogue.ts";
import type { ToolSet } from "../../tools/registry.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** The browser of a server: its tools for agents. Loaded and started when an agent first uses it. */
export interface BrowserAccess {
  readonly tools: ToolSet;
  /** Ends the browser if it was started. */
  close(): Promise<void>;
}

/** Proxies of the environment are for programs that go out by themselves; the browser goes through the server's own. */
const PROXY = /^(https?|all|no)_proxy$/i;

/** Gives access to the browser that the options allow. Its tools cannot be used where there is none. */
export function browserAccess({
  browser,
  environment,
  commandEnvironment,
  logger,
  clock,
  companyProxy: upstream,
}: ResolvedOptions): BrowserAccess {
  const program = browser === null ? null : findChromium({ program: browser.program, environment });
  if (browser === null || program === null) return ABSENT;
  let isLoaded = false;
  const load = once(async () => {
    isLoaded = true;
    const [{ Browsers }, { childEnvironment }] = await Promise.all([
      import("../../browser/browsers.ts"),
      import("../../workspace/local/child-environment.ts"),
    ]);
    if (!browser.sandbox) {
      logger.warn({ program }, "The browser runs without Chromium's sandbox, as it must for root");
    }
    const { allowPrivateAddresses: allowsPrivate, sandbox } = browser;
    const env = withoutProxies(childEnvironment(environment, commandEnvironment));
    return new Browsers({ program, sandbox, env, allowsPrivate, upstream, logger, now: () => clock.now() });
  });
  const tools = once(async () => {
    const { browserTools } = await import("../../tools/browser/browser-tools.ts");
    return browserTools(async (host) => (await load()).open(host));
  });
  return {
    tools: { name: BROWSER, usable: true, tools },
    close: async () => {
      if (isLoaded) await (await load()).close();
    },
  };
}

const ABSENT: BrowserAccess = {
  tools: { name: BROWSER, usable: false, tools: async () => [] },
  close: async () => {},
};

function withoutProxies(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !PROXY.test(name)));
}
