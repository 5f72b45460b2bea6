import { SECRET_MASK } from "../../secrets/masking/secret-mask.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { ToolResult } from "../define-tool.ts";
import type { TextRange } from "../text-files/document.ts";
import { absolutePath } from "../text-files/file-place.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { encodeDocument, readTextFile } from "../text-files/text-file.ts";
import { answer } from "./answer.ts";
import { checkNoFolder, isMissing } from "./file-refusals.ts";
import type { EditInput } from "./inputs.ts";

const NOTHING = {
  file_path: null,
  is_new_file: false,
  replacements_made: 0,
  old_content: null,
  new_content: null,
};

/** Replaces every occurrence of a text, if there are as many as expected, or makes a file. */
export function edit(input: EditInput, workspace: Workspace): Promise<ToolResult> {
  const path = absolutePath(workspace, input.file_path);
  const work = input.old_string === "" ? create : replace;
  return answer("editing file", NOTHING, () => work(path, input, workspace));
}

async function create(path: string, { new_string }: EditInput, { files }: Workspace): Promise<ToolResult> {
  if ((await files.stat(path)) !== null) {
    throw new FileRefusal(
      `Error: ${path} exists already. Give the text to replace in old_string, or replace the whole file with write_file.`,
    );
  }
  await files.write(path, new_string);
  return {
    content: `Created new file: ${path}`,
    file_path: path,
    is_new_file: true,
    replacements_made: 1,
    old_content: null,
    new_content: new_string,
  };
}

async function replace(path: string, input: EditInput, { files }: Workspace): Promise<ToolResult> {
  const status = await files.stat(path);
  if (status === null) throw isMissing(path, " To make a new file, leave old_string empty.");
  checkNoFolder(path, status);
  const { document } = await readTextFile(files, path);
  if (input.old_string === input.new_string)
    throw new FileRefusal("Error: No changes to apply: old_string and new_string are the same.");
  const ranges = occurrences(document.text, input.old_string.replaceAll("\r\n", "\n"));
  const mismatch =
    maskHint(path, input.old_string, ranges) ?? mismatchOf(path, ranges.length, input.expected_replacements);
  if (mismatch !== undefined) return { ...NOTHING, content: mismatch, is_error: true, file_path: path };
  const edited = document.replaceEach(ranges, input.new_string);
  const { bytes, note } = await encodeDocument(path, edited);
  await files.write(path, bytes);
  return {
    content: `${note}Successfully edited ${path} (${ranges.length} replacement(s))`,
    file_path: path,
    is_new_file: false,
    replacements_made: ranges.length,
    old_content: document.text,
    new_content: edited.text,
  };
}

/** Explains a text with a mask: the file has a secret value there. undefined for others. */
function maskHint(path: string, wanted: string, ranges: readonly TextRange[]): string | undefined {
  if (ranges.length > 0 || !wanted.includes(SECRET_MASK)) return undefined;
  return `Error: The text to replace has 0 occurrences in ${path}. It has a secret value where you see ${SECRET_MASK}: choose a text without it.`;
}

/** undefined where the text occurs as often as expected. */
function mismatchOf(path: string, found: number, expected: number): string | undefined {
  if (found === 0) {
    return `Error: The text to replace has 0 occurrences in ${path}. Look at the file with read_file: spaces count.`;
  }
  if (found === expected) return undefined;
  return `Error: Expected ${expected} ${expected === 1 ? "occurrence" : "occurrences"} but found ${found} in ${path}. Nothing was changed.`;
}

function occurrences(text: string, wanted: string): TextRange[] {
  const ranges: TextRange[] = [];
  for (let start = text.indexOf(wanted); start !== -1; ) {
    const end = start + wanted.length;
    ranges.push({ start, end });
    start = text.indexOf(wanted, end);
  }
  return ranges;
}
