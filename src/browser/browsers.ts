import type { Logger } from "../logger.ts";
import type { CompanyProxy } from "../outbound/company-proxy/company-proxy.ts";
import { allowedDomains } from "../tools/browser/browser-params.ts";
import type { BrowserSession } from "../tools/browser/browser-session.ts";
import type { ToolHost } from "../tools/tool.ts";
import { SharedChromium } from "./chromium/shared-chromium.ts";
import { ConversationBrowser } from "./conversation/conversation-browser.ts";
import { BrowserFailure } from "./failure.ts";

const IDLE_LIMIT = 30 * 60_000;
/** Conversations with a browser at a time. */
const MAX_BROWSERS = 50;

export interface BrowsersOptions {
  /** Absolute path of the Chromium. */
  program: string;
  /** Whether pages run in Chromium's own sandbox. */
  sandbox: boolean;
  /** Environment of the browser. */
  env: Readonly<Record<string, string>>;
  /** Whether pages of this machine and of private networks are open to agents. */
  allowsPrivate: boolean;
  /** The proxy through which this machine reaches others. null for none. */
  upstream: CompanyProxy | null;
  logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds without use after which the browser of a conversation is closed. Default: 30 minutes. */
  idleLimit?: number;
}

interface Used {
  browser: ConversationBrowser;
  users: number;
}

/** The browsers of a server's conversations. */
export class Browsers {
  readonly #options: BrowsersOptions;
  readonly #chromium: SharedChromium;
  readonly #used = new Map<string, Used>();

  constructor(options: BrowsersOptions) {
    this.#options = options;
    this.#chromium = new SharedChromium(options);
  }

  /** Opens the browser of a conversation for one of its tools. Starts nothing. */
  open(host: ToolHost): BrowserSession {
    const { conversationId: id } = host;
    const used = this.#used.get(id) ?? this.#make(id, host);
    used.users += 1;
    let isReleased = false;
    return {
      use: (verb, signal) => used.browser.use(verb, signal),
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        used.users -= 1;
        if (used.users > 0) return;
        if (this.#used.get(id) === used) this.#used.delete(id);
        await used.browser.close();
      },
    };
  }

  /** Closes every browser. */
  async close(): Promise<void> {
    await Promise.all([...this.#used.values()].map(({ browser }) => browser.close()));
    await this.#chromium.close();
  }

  #make(id: string, host: ToolHost): Used {
    if (this.#used.size >= MAX_BROWSERS) {
      throw new BrowserFailure(
        `${MAX_BROWSERS} conversations use the browser; try again when one of them has ended.`,
      );
    }
    const { allowsPrivate, upstream, idleLimit = IDLE_LIMIT, now } = this.#options;
    const network = { allowsPrivate, domains: allowedDomains(host.params), upstream };
    const browser = new ConversationBrowser({ chromium: this.#chromium, host, network, idleLimit, now });
    const used = { browser, users: 0 };
    this.#used.set(id, used);
    return used;
  }
}
