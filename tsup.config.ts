import { cp } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";
import { DOCS_ASSET_SOURCES } from "./src/node/docs-assets.ts";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

const withoutYaml: Plugin = {
  name: "without-yaml",
  setup(build) {
    build.onResolve({ filter: /^yaml$/ }, ({ path }) => ({ path, namespace: "without-yaml" }));
    build.onLoad({ filter: /^yaml$/, namespace: "without-yaml" }, () => ({
      contents: "export const stringify = undefined;",
    }));
  },
};

const entry = {
  index: "src/index.ts",
  express: "adapters/express.ts",
  koa: "adapters/koa.ts",
  fastify: "adapters/fastify.ts",
  node: "src/node/index.ts",
  testing: "src/testing/index.ts",
};

const shared: Options = {
  format: "esm",
  target: "node22",
  sourcemap: false,
  splitting: true,
  esbuildPlugins: [withoutYaml],
};

export default defineConfig([
  {
    ...shared,
    entry,
    dts: { entry },
    // The adapters import the public entries by name, as anybody's adapter would: all of them share one core.
    external: [/^agent-server(\/|$)/],
    // Bundled without `yaml`, which would be loaded at every start, for a fifth of its time and a method nobody calls.
    noExternal: ["openapi3-ts"],
    /** The pages at /docs and /redoc are served from here, so that an installed package needs neither of their packages. */
    async onSuccess() {
      for (const [name, source] of Object.entries(DOCS_ASSET_SOURCES))
        await cp(`node_modules/${source}`, `dist/docs/${name}`);
    },
  },
  {
    ...shared,
    entry: { cli: "src/cli.ts" },
    // The command brings what it loads at every start in one piece: many small files cost it a quarter of that time.
    noExternal: ["openapi3-ts", "ws", "zod"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  },
]);
