import { z } from "zod";
import { nullable } from "../../wire/nullable.ts";

/** The arguments of a call, with descriptions for the model. The keys are those of `FileEditorAction`. */
export const fileEditorInput = z.object({
  command: z
    .enum(["view", "create", "str_replace", "insert", "undo_edit"])
    .describe("What to do: `view`, `create`, `str_replace`, `insert` or `undo_edit`."),
  path: z.string().describe("Absolute path of the file, or of the directory for `view`."),
  file_text: nullable(z.string()).describe("For `create`, required: the whole content of the new file."),
  old_str: nullable(z.string()).describe(
    "For `str_replace`, required: the text to replace, exactly as it is in the file, without line numbers.",
  ),
  new_str: nullable(z.string()).describe(
    "For `str_replace`, required: the text to put in its place; an empty string deletes. For `insert`, required: the lines to add.",
  ),
  insert_line: nullable(z.int().min(0)).describe(
    "For `insert`, required: `new_str` is added after this line; 0 adds it before the first one.",
  ),
  view_range: nullable(z.array(z.int())).describe(
    "For `view` of a file, optional: `[first, last]` line to show, counted from 1; `[first, -1]` shows up to the end.",
  ),
});

export type FileEditorInput = z.output<typeof fileEditorInput>;
export type FileEditorCommand = FileEditorInput["command"];
