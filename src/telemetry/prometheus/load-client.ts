import { createRequire } from "node:module";
import type * as PromClientModule from "prom-client";

/** The package `prom-client`. */
export type PromClient = typeof PromClientModule;

/**
 * Loads the package when it is first asked for, because most servers work without it.
 *
 * @throws Error that says what to install
 */
export function loadPromClient(): PromClient {
  const require = createRequire(import.meta.url);
  try {
    return require("prom-client") as PromClient;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Error("prometheus: needs the package prom-client: npm install prom-client", { cause: error });
  }
}

/** Whether the package itself is not there, as opposed to a part that it needs. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^Cannot find module 'prom-client'/.test(error.message);
}
