import { messageOf } from "../../errors.ts";
import type { Pages } from "../../http/pages.ts";
import { normalizePrefix } from "../../http/request-path.ts";
import { providerKeysIn } from "../../llm/providers.ts";
import type { Logger } from "../../logger.ts";
import { once } from "../../once.ts";
import type { DemoPlaces } from "./offer-demo.ts";
import { keyFor } from "./share-key.ts";
import type { ResolvedUi } from "./ui-options.ts";

export interface CanvasUiOptions {
  ui: ResolvedUi | null;
  apiKeys: readonly string[];
  basePath?: string | undefined;
  appBackendPublicUrl: string | null;
  environment: Readonly<Record<string, string | undefined>>;
  logger: Logger;
}

/**
 * Agent Canvas for browsers, loaded with the first of its pages. That page also offers the demo model where no model is
 * set up. Undefined without the option `ui`.
 */
export function canvasUi(
  options: CanvasUiOptions,
  { publicPath, settings }: { publicPath: string | undefined; settings: DemoPlaces },
): Pages | undefined {
  const { ui, apiKeys, basePath, appBackendPublicUrl, environment, logger } = options;
  if (ui === null) return undefined;
  const sharing = { apiKeys, shareKey: ui.shareKey };
  const pages = once(async () => {
    const [{ canvasPages }, { pageFiles }] = await Promise.all([
      import("../../ui/canvas-pages.ts"),
      import("./page-files.ts"),
      providerKeysIn(environment).length === 0 && offer(),
    ]);
    return canvasPages({
      files: pageFiles(ui.directory),
      prefix: normalizePrefix(publicPath ?? basePath),
      appsOrigin: appBackendPublicUrl === null ? undefined : new URL(appBackendPublicUrl).origin,
      keyFor: (request, about) => keyFor(sharing, request, about),
    });
  });
  /** Shows the pages also where the store cannot be written to. */
  async function offer(): Promise<void> {
    try {
      const { offerDemo } = await import("./offer-demo.ts");
      await offerDemo(settings);
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "the demo model could not be saved as a profile");
    }
  }

  return { answer: async (request, about) => (await pages()).answer(request, about) };
}
