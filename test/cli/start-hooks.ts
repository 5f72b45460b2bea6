/**
 * For `--import` before a command that runs from the sources: zod is deferred as in the built command, and the address
 * of each module is appended to the file that LOADED_MODULES names. One with `.reader` behind its name gets the stack
 * of the first use of a schema.
 */
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const sources = new URL("../../src/", import.meta.url).href;
const { LOADED_MODULES = "" } = process.env;

Error.stackTraceLimit = 50;

/** The lines of a stack that tell which module read a schema. */
function readerOf(stack: string): string {
  const lines = stack.split("\n").filter((line) => line.includes(sources));
  return lines.filter((line) => !/deferred-zod|once\.ts/.test(line)).join("\n");
}

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "zod" && context.parentURL?.startsWith(sources)) {
      return { url: `${sources}cli/deferred-zod.ts`, shortCircuit: true };
    }
    if (specifier !== "./zod.cjs") return next(specifier, context);
    appendFileSync(`${LOADED_MODULES}.reader`, readerOf(new Error().stack ?? ""));
    return next("zod", context);
  },
  load(url, context, next) {
    appendFileSync(LOADED_MODULES, `${url}\n`);
    return next(url, context);
  },
});
