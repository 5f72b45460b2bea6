import type { Workspace } from "../../workspace/workspace.ts";
import type { ToolResult } from "../define-tool.ts";
import { absolutePath } from "../text-files/file-place.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { readTextFile } from "../text-files/text-file.ts";
import { answer } from "./answer.ts";
import { checkNoFolder, isMissing } from "./file-refusals.ts";
import type { ReadFileInput } from "./inputs.ts";

/** Lines of a call that names no `limit`. */
const DEFAULT_LIMIT = 1000;
/** Characters that a call shows, line numbers included: more would be cut in the middle before a model sees it. */
const MAX_SHOWN = 40_000;
/** Characters of a line. */
const MAX_LINE = 10_000;

/** Shows the lines of a text file from `offset` on. */
export function readFile(input: ReadFileInput, workspace: Workspace): Promise<ToolResult> {
  const path = absolutePath(workspace, input.file_path);
  const nothing = {
    file_path: path,
    file_content: "",
    is_truncated: false,
    lines_shown: null,
    total_lines: null,
  };
  return answer("reading file", nothing, async () => {
    const lines = await linesOf(workspace, path);
    const { offset, limit } = { offset: input.offset ?? 0, limit: input.limit ?? DEFAULT_LIMIT };
    if (offset > 0 && offset >= lines.length) {
      throw new FileRefusal(`Error: Offset ${offset} is beyond file length (${lines.length} lines)`);
    }
    const shown = fitting(lines.slice(offset, offset + limit), offset + 1);
    const end = offset + shown.length;
    const isTruncated = end < lines.length;
    const rest = isTruncated
      ? ` (showing lines ${offset + 1}-${end} of ${lines.length}; read on with offset=${end})`
      : "";
    return {
      content: `Read file: ${path}${rest}\n\n${shown.join("")}`,
      file_path: path,
      file_content: shown.join(""),
      is_truncated: isTruncated,
      lines_shown: isTruncated ? [offset + 1, end] : null,
      total_lines: lines.length,
    };
  });
}

/** The lines of a file with their ends. */
async function linesOf({ files }: Workspace, path: string): Promise<string[]> {
  const status = await files.stat(path);
  if (status === null) throw isMissing(path);
  checkNoFolder(path, status);
  const { document } = await readTextFile(files, path);
  return document.text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Numbers lines as far as they fit, the first one in any case. */
function fitting(lines: readonly string[], first: number): string[] {
  const shown: string[] = [];
  let size = 0;
  for (const [index, line] of lines.entries()) {
    const numbered = `${String(first + index).padStart(6)}  ${cut(line)}`;
    size += numbered.length;
    if (size > MAX_SHOWN && index > 0) break;
    shown.push(numbered);
  }
  return shown;
}

function cut(line: string): string {
  if (line.length <= MAX_LINE) return line;
  return `${line.slice(0, MAX_LINE)}… [${line.length} characters in this line]\n`;
}
