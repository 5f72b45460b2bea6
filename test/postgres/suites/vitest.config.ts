import { resolve } from "node:path";
import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";
import { FILES_LEFT_OUT, SUITES, TESTS_LEFT_OUT } from "./suites.ts";

const sources = resolve(import.meta.dirname, "../../../src/stores");
const inPostgres = JSON.stringify(resolve(import.meta.dirname, "stores-in-postgres.ts"));
/** The modules of the other stores, and what stands in their place. */
const REPLACED = new Map([
  [resolve(sources, "memory.ts"), `export { memoryStore } from ${inPostgres};`],
  [resolve(sources, "sqlite.ts"), `export { sqliteStore } from ${inPostgres};`],
]);

const config = mergeConfig(base, {
  plugins: [{ name: "stores-in-postgres", enforce: "pre", load: (id: string) => REPLACED.get(id) }],
  test: {
    globalSetup: [resolve(import.meta.dirname, "start-postgres.ts")],
    exclude: ["node_modules/**", ...FILES_LEFT_OUT.map(({ what }) => what)],
    testNamePattern: new RegExp(`^(?!.*(${TESTS_LEFT_OUT.map(({ what }) => what).join("|")}))`),
    // Each commit is a way to a server and back.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});

/**
 * `npm run test:postgres`: the suites of what keeps anything in a store, on Postgres where they use a store in memory or
 * a database file otherwise.
 */
export default { ...config, test: { ...config.test, include: SUITES } };
