import { readFile } from "node:fs/promises";
import type { DocsAssets } from "../http/openapi/docs.ts";

/** Path in `node_modules` of each browser file. The build copies the files to `dist/docs`. */
export const DOCS_ASSET_SOURCES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
  "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
  "redoc.standalone.js": "redoc/bundles/redoc.standalone.js",
};

/**
 * The browser files of `/docs` and `/redoc`: next to the built code, or in the installed packages during development.
 */
export const docsAssets: DocsAssets = {
  async read(name) {
    const source = Object.hasOwn(DOCS_ASSET_SOURCES, name) ? DOCS_ASSET_SOURCES[name] : undefined;
    if (source === undefined) return undefined;
    return (await readNextToThisFile(`./docs/${name}`)) ?? readNextToThisFile(`../../node_modules/${source}`);
  },
};

function readNextToThisFile(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return readFile(new URL(path, import.meta.url)).catch(() => undefined);
}
