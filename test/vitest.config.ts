import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Tests and examples import the package by its public names; these point at the sources. */
const entries = {
  express: "adapters/express.ts",
  koa: "adapters/koa.ts",
  fastify: "adapters/fastify.ts",
  node: "src/node/index.ts",
  testing: "src/testing/index.ts",
};

export default defineConfig({
  root,
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    maxWorkers: 2,
  },
  resolve: {
    alias: [
      ...Object.entries(entries).map(([name, file]) => ({
        find: `agent-server/${name}`,
        replacement: root + file,
      })),
      { find: /^agent-server$/, replacement: `${root}src/index.ts` },
    ],
  },
});
