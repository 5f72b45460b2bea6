import module from "node:module";
import { join } from "node:path";

/** Below `node_modules`, which only the owner of the checkout can write. Code in a shared folder could be planted. */
const FOLDER = join(import.meta.dirname, "../../node_modules/.cache/agent-server");

/**
 * Keeps the compiled sources from one start to the next. A start from hundreds of TypeScript files then takes little
 * longer than one of the built command, which is a few files and needs no cache.
 */
export function keepCompiledSources(): void {
  if (import.meta.filename.endsWith(".ts")) module.enableCompileCache(FOLDER);
}
