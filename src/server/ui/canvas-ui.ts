import type { Pages } from "../../http/pages.ts";
import { normalizePrefix } from "../../http/request-path.ts";
import { once } from "../../once.ts";
import { keyFor } from "./share-key.ts";
import type { ResolvedUi } from "./ui-options.ts";

export interface CanvasUiOptions {
  ui: ResolvedUi | null;
  apiKeys: readonly string[];
  basePath?: string | undefined;
}

/** Agent Canvas for browsers, loaded with the first of its pages. Undefined without the option `ui`. */
export function canvasUi(options: CanvasUiOptions, publicPath: string | undefined): Pages | undefined {
  const { ui, apiKeys, basePath } = options;
  if (ui === null) return undefined;
  const sharing = { apiKeys, shareKey: ui.shareKey };
  const pages = once(async () => {
    const [{ canvasPages }, { pageFiles }] = await Promise.all([
      import("../../ui/canvas-pages.ts"),
      import("./page-files.ts"),
    ]);
    return canvasPages({
      files: pageFiles(ui.directory),
      prefix: normalizePrefix(publicPath ?? basePath),
      keyFor: (request, about) => keyFor(sharing, request, about),
    });
  });
  return { answer: async (request, about) => (await pages()).answer(request, about) };
}
