import { readFile } from "node:fs/promises";
import type { DocsAssets } from "../http/docs.ts";

/** Where each file comes from while the package runs from its sources; the build copies them to `dist/docs`. */
export const DOCS_ASSET_SOURCES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
  "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
  "redoc.standalone.js": "redoc/bundles/redoc.standalone.js",
};

/** Reads the browser files of `/docs` and `/redoc`: from beside the built code, or else from the installed packages. */
export const docsAssets: DocsAssets = {
  async read(name) {
    const source = Object.hasOwn(DOCS_ASSET_SOURCES, name) ? DOCS_ASSET_SOURCES[name] : undefined;
    if (source === undefined) return undefined;
    const places = [
      new URL(`./docs/${name}`, import.meta.url),
      new URL(`../../node_modules/${source}`, import.meta.url),
    ];
    for (const place of places) {
      const bytes = await readFile(place).catch(() => undefined);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  },
};
