import { readFile } from "node:fs/promises";
import type { DocsAssets } from "../http/openapi/docs.ts";

/** Path in `node_modules` of each browser file. The build copies the files to `dist/docs`. */
export const DOCS_ASSET_SOURCES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
  "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
  "redoc.standalone.js": "redoc/bundles/redoc.standalone.js",
};

/** ReDoc would fetch this picture from its makers; our pages ask nobody else for anything. */
const REMOTE_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/** Reads the browser files of `/docs` and `/redoc`: from beside the built code, or else from the installed packages. */
export const docsAssets: DocsAssets = {
  async read(name) {
    const source = Object.hasOwn(DOCS_ASSET_SOURCES, name) ? DOCS_ASSET_SOURCES[name] : undefined;
    if (source === undefined) return undefined;
    for (const place of [`./docs/${name}`, `../../node_modules/${source}`]) {
      const text = await readFile(new URL(place, import.meta.url), "utf8").catch(() => undefined);
      if (text !== undefined) return new TextEncoder().encode(text.replace(REMOTE_LOGO, "data:,"));
    }
    return undefined;
  },
};
