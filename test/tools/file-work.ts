import { expect } from "vitest";
import { applyPatchTool } from "../../src/tools/apply-patch/apply-patch-tool.ts";
import { planningFileEditorTool } from "../../src/tools/file-editor/planning-file-editor-tool.ts";
import { editTool } from "../../src/tools/gemini-files/edit-tool.ts";
import { listDirectoryTool } from "../../src/tools/gemini-files/list-directory-tool.ts";
import { readFileTool } from "../../src/tools/gemini-files/read-file-tool.ts";
import { writeFileTool } from "../../src/tools/gemini-files/write-file-tool.ts";
import { globTool } from "../../src/tools/search/glob-tool.ts";
import { grepTool } from "../../src/tools/search/grep-tool.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { openedTool } from "./opened-tool.ts";

/** Files change on the machine, are found there, and nothing of it is asked elsewhere. */
export async function work(workspace: Workspace): Promise<void> {
  const { workingDir } = workspace.info;
  const host = { workspace };
  const [write, read, edit, list, glob, grep, patch, plan] = await Promise.all(
    [
      writeFileTool,
      readFileTool,
      editTool,
      listDirectoryTool,
      globTool,
      grepTool,
      applyPatchTool,
      planningFileEditorTool,
    ].map((tool) => openedTool(tool, { host })),
  );
  await workspace.files.makeFolder(`${workingDir}/.git`);
  await write?.call({ file_path: ".gitignore", content: "*.log\n" });
  await write?.call({ file_path: "src/a.ts", content: "needle\r\n" });
  await write?.call({ file_path: "b.log", content: "needle\n" });
  expect(
    await edit?.call({ file_path: "src/a.ts", old_string: "needle", new_string: "a Needle" }),
  ).toMatchObject({
    replacements_made: 1,
  });
  expect(await read?.call({ file_path: "src/a.ts" })).toMatchObject({ file_content: "     1  a Needle\n" });

  const found = [`${workingDir}/src/a.ts`];
  expect(await grep?.call({ pattern: "NEEDLE$|needle\\s" })).toMatchObject({
    is_error: false,
    matches: found,
  });
  expect(await glob?.call({ pattern: "src/**/*.ts" })).toMatchObject({ is_error: false, files: found });
  expect(await glob?.call({ pattern: "*.log" })).toMatchObject({ files: [`${workingDir}/b.log`] });
  expect(await grep?.refusal({ pattern: "(" })).toContain("Invalid regex pattern");

  const lines = [
    "*** Update File: src/a.ts",
    "*** Move to: c.ts",
    "@@",
    "-a Needle",
    "+done",
    "*** Delete File: b.log",
  ];
  expect(
    await patch?.call({ patch: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n") }),
  ).toMatchObject({
    is_error: false,
  });
  expect(await list?.call({ recursive: true })).toMatchObject({
    entries: expect.arrayContaining([expect.objectContaining({ name: "c.ts", size: 6 })]),
  });
  const outward = "*** Begin Patch\n*** Add File: ../out.txt\n+x\n*** End Patch";
  expect(await patch?.refusal({ patch: outward })).toContain("escaping paths");

  const path = `${workingDir}/.agents_tmp/PLAN.md`;
  expect(await plan?.call({ command: "insert", path, insert_line: 1, new_str: "x" })).toMatchObject({
    is_error: false,
  });
}
