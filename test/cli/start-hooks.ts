/**
 * For `--import` before a command that runs from the sources: zod is deferred as in the built command, and the address of
 * each module is appended to the file that LOADED_MODULES names.
 */
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const sources = new URL("../../src/", import.meta.url).href;
const { LOADED_MODULES = "" } = process.env;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "zod" && context.parentURL?.startsWith(sources)) {
      return { url: `${sources}cli/deferred-zod.ts`, shortCircuit: true };
    }
    return next(specifier === "./zod.cjs" ? "zod" : specifier, context);
  },
  load(url, context, next) {
    appendFileSync(LOADED_MODULES, `${url}\n`);
    return next(url, context);
  },
});
