import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import shared from "../vitest.config.ts";
import { mutate } from "./mutants.ts";

const { MUTATION_FILE = "", MUTATION_TEST = "" } = process.env;
const root = resolve(import.meta.dirname, "../..");

/** Runs one file of tests with all mutants of one source. */
export default defineConfig({
  ...shared,
  plugins: [
    {
      name: "mutants",
      enforce: "pre",
      transform: (_code: string, id: string) =>
        id === resolve(root, MUTATION_FILE)
          ? { code: mutate(readFileSync(id, "utf8")).text, map: null }
          : null,
    },
  ],
  test: {
    ...shared.test,
    include: [MUTATION_TEST],
    runner: resolve(import.meta.dirname, "mutant-runner.ts"),
    // A mutant that lets a test wait for ever is found out by its timeout.
    testTimeout: 15_000,
    hookTimeout: 15_000,
    expect: { poll: { timeout: 8_000 } },
    maxWorkers: 1,
    // Its keys know nothing of the mutated source: another one would be tried in its place.
    fsModuleCache: false,
    dangerouslyIgnoreUnhandledErrors: true,
  },
});
