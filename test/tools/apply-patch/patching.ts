/** A process that carries out the patch in its data folder, to be killed meanwhile: `patching.ts <folder> <data folder>`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { applyPatch } from "../../../src/tools/apply-patch/apply-patch.ts";
import { localWorkspace } from "../../../src/workspace/local/local-workspace.ts";

const [workingDir = "", dataDir = ""] = process.argv.slice(2);
const workspace = await localWorkspace()({
  conversationId: null,
  workingDir,
  dataDir,
  requested: { kind: "LocalWorkspace", working_dir: workingDir },
});
await applyPatch(await readFile(join(dataDir, "patch"), "utf8"), workspace, new AbortController().signal);
