import { messageOf } from "../../errors.ts";
import type { ToolResult } from "../define-tool.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";

/**
 * The result of a call. What keeps a tool from its work is a result for the model as well, with the fields of a call
 * that did nothing; `doing` begins the text about a file system that refuses.
 */
export async function answer(
  doing: string,
  nothing: Record<string, unknown>,
  work: () => Promise<ToolResult>,
): Promise<ToolResult> {
  try {
    return await work();
  } catch (error) {
    const content = error instanceof FileRefusal ? error.message : `Error ${doing}: ${messageOf(error)}`;
    return { ...nothing, content, is_error: true };
  }
}
