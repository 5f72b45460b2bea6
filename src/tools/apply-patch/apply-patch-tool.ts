import { z } from "zod";
import { builtInTool } from "../define-tool.ts";
import { fileResource } from "../text-files/file-place.ts";
import { patchDescription } from "./description.ts";

const input = z.object({
  patch: z.string().describe("The patch, from `*** Begin Patch` to `*** End Patch`."),
});

/** Lines of a patch that name a file. */
const NAMES = /^\*\*\* (?:(?:Add|Delete|Update) File|Move to): (.+?)\r?$/gm;
/** Files of a patch that are named. All patches have turns, whatever they name. */
const MAX_RESOURCES = 500;

export const applyPatchTool = builtInTool({
  name: "apply_patch",
  description: patchDescription,
  input,
  params: z.strictObject({}),
  annotations: {
    title: "apply_patch",
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: false,
  },
  wire: { tool: "ApplyPatchTool", action: "ApplyPatchAction", observation: "ApplyPatchObservation" },
  async resources({ patch }, { workspace }) {
    const paths = [...patch.matchAll(NAMES)].slice(0, MAX_RESOURCES).map(([, path = ""]) => path);
    return ["tool:apply_patch", ...(await Promise.all(paths.map((path) => fileResource(workspace, path))))];
  },
  async prepare({ workspace }) {
    const { PatchJournal } = await import("./patch-journal.ts");
    await new PatchJournal(workspace).restore();
  },
  async run({ patch }, { workspace, signal }) {
    const { applyPatch } = await import("./apply-patch.ts");
    return applyPatch(patch, workspace, signal);
  },
});
