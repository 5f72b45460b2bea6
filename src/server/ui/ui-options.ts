import { findCanvas } from "./find-canvas.ts";

/** Options of the pages for people. */
export interface UiOptions {
  /** Folder of Agent Canvas as it is built, with its `index.html`. Default: the installed one. */
  directory?: string;
  /**
   * Who gets the first of `apiKeys` with the page. `loopback`: browsers of this machine that ask by one of its loopback
   * names, with no header of a proxy. A proxy on this machine that adds no header and replaces the name looks like
   * them, as do agents in a sandbox with the network of this machine. Default: no browser; Agent Canvas asks its user
   * for the key once.
   */
  shareKey?: "loopback";
}

/** Options with their defaults filled in. */
export type ResolvedUi = UiOptions & { directory: string };

/**
 * Fills in the defaults.
 *
 * @throws TypeError for an invalid option, and where there are no pages in the folder.
 */
export function resolveUi(ui: true | UiOptions): ResolvedUi {
  const options = ui === true ? {} : ui;
  if (typeof options !== "object") throw new TypeError("ui: must be true, false or options");
  if (options.shareKey !== undefined && options.shareKey !== "loopback") {
    throw new TypeError('ui.shareKey: must be "loopback"');
  }
  return { ...options, directory: findCanvas(options.directory) };
}
