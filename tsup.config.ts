import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    cli: "src/cli.ts",
    express: "adapters/express.ts",
    koa: "adapters/koa.ts",
    fastify: "adapters/fastify.ts",
    node: "src/node/index.ts",
    testing: "src/testing/index.ts",
  },
  format: "esm",
  target: "node22",
  clean: true,
  dts: { entry: { index: "src/index.ts", express: "adapters/express.ts", koa: "adapters/koa.ts", fastify: "adapters/fastify.ts", node: "src/node/index.ts", testing: "src/testing/index.ts" } },
  sourcemap: false,
  splitting: true,
});
