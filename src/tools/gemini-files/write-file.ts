import { SECRET_MASK } from "../../secrets/masking/secret-mask.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { ToolResult } from "../define-tool.ts";
import { absolutePath } from "../text-files/file-place.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { readTextFile } from "../text-files/text-file.ts";
import { answer } from "./answer.ts";
import { checkNoFolder } from "./file-refusals.ts";
import type { WriteFileInput } from "./inputs.ts";

const NOTHING = { file_path: null, is_new_file: false, old_content: null, new_content: null };

/** Puts a file in place, in UTF-8. */
export function writeFile({ file_path, content }: WriteFileInput, workspace: Workspace): Promise<ToolResult> {
  const { files } = workspace;
  const path = absolutePath(workspace, file_path);
  return answer("writing file", NOTHING, async () => {
    const status = await files.stat(path);
    checkNoFolder(path, status);
    // Bytes that are not text, or too many, are not shown; it is replaced all the same.
    const old = status === null ? null : await readTextFile(files, path).catch(() => null);
    checkNoMask(path, content, old?.document.text);
    await files.write(path, content);
    return {
      content: `${status === null ? "Created" : "Updated"} file: ${path}`,
      file_path: path,
      is_new_file: status === null,
      old_content: old?.document.text ?? null,
      new_content: content,
    };
  });
}

/** A model that has seen a file without its secrets must not write it back without them. */
function checkNoMask(path: string, content: string, old: string | undefined): void {
  if (old === undefined || !content.includes(SECRET_MASK) || old.includes(SECRET_MASK)) return;
  throw new FileRefusal(
    `Error: ${SECRET_MASK} stands for a secret value in ${path}, which would be lost. Change the other parts with edit.`,
  );
}
