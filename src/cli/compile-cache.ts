import module from "node:module";
import { join } from "node:path";

/** From this file, in `src/cli` or bundled in `dist`, to the package. */
const ROOT = import.meta.filename.endsWith(".ts") ? "../.." : "..";

/**
 * Below the `node_modules` of the checkout or of the installed package, where only the owner of the code can write:
 * code in a shared folder could be planted. A start that may not write there goes without.
 */
const FOLDER = join(import.meta.dirname, ROOT, "node_modules/.cache/agent-server");

/**
 * Keeps the compiled code from one start to the next. Compiling is a fifth of a start, and most of one from the
 * sources.
 */
export function keepCompiledCode(): void {
  module.enableCompileCache(FOLDER);
}
