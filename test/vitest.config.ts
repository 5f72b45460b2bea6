import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import tsconfig from "../tsconfig.json" with { type: "json" };

const root = resolve(import.meta.dirname, "..");

export default defineConfig({
  root,
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    globalSetup: ["test/postgres/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is awaited may come late on a busy machine. Nothing waits longer than it takes.
    expect: { poll: { timeout: 30_000 } },
    // One more than the processors of a small machine: much of what is tested is waiting for others.
    maxWorkers: 3,
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
  },
  resolve: {
    /** Tests and examples import the package by its public names; these point at the sources. */
    alias: Object.entries(tsconfig.compilerOptions.paths).map(([name, [source]]) => ({
      find: new RegExp(`^${name}$`),
      replacement: resolve(root, source ?? ""),
    })),
  },
});
