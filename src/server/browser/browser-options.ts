import { isAbsolute } from "node:path";

/** A browser for agents: an installed Chromium, Chrome or Edge on the server's machine, without a window. */
export interface BrowserOptions {
  /**
   * Absolute path of the program. Default: the first one in the usual places of the system, in those of Playwright
   * (`PLAYWRIGHT_BROWSERS_PATH`), and in the PATH. Without one, agents work without browser tools.
   */
  program?: string;
  /**
   * Whether agents may open pages of this machine and of private networks, as those who develop a web app must. Pages
   * that they visit can then reach these too. Metadata services of clouds are never open, and neither is any of this to
   * the browser of a conversation that works on a machine with another network. Default: true.
   */
  allowPrivateAddresses?: boolean;
  /**
   * Whether pages run in Chromium's own sandbox. Without it, a page that breaks out of Chromium has the rights of the
   * server. Default: true, except where the server runs as root, for whom Chromium has none.
   */
  sandbox?: boolean;
}

/** Options with their defaults filled in. */
export interface ResolvedBrowser {
  program: string | null;
  allowPrivateAddresses: boolean;
  sandbox: boolean;
}

/** Fills in the defaults. Throws TypeError for invalid options. */
export function resolveBrowser(options: BrowserOptions): ResolvedBrowser {
  const { program = null, allowPrivateAddresses = true, sandbox = process.geteuid?.() !== 0 } = options;
  if (program !== null && (typeof program !== "string" || !isAbsolute(program))) {
    throw new TypeError("browser.program: must be an absolute path");
  }
  for (const [name, value] of Object.entries({ allowPrivateAddresses, sandbox })) {
    if (typeof value !== "boolean") throw new TypeError(`browser.${name}: must be true or false`);
  }
  return { program, allowPrivateAddresses, sandbox };
}
