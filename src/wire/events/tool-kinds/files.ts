import { z } from "zod";
import { nullable } from "../../nullable.ts";
import { actionOf, observationOf } from "./of-kind.ts";

/** Commands of the file editors. */
export const editorCommand = z.enum(["view", "create", "str_replace", "insert", "undo_edit"]);

/** Arguments of the file editors. */
export const editorArguments = {
  command: editorCommand,
  path: z.string(),
  file_text: nullable(z.string()),
  old_str: nullable(z.string()),
  new_str: nullable(z.string()),
  insert_line: nullable(z.int().min(0)),
  view_range: nullable(z.array(z.int())),
};

/** Fields of what the file editors answer, in addition to the shared ones. */
export const editorResult = {
  command: editorCommand,
  path: nullable(z.string()),
  prev_exist: z.boolean().default(true),
  old_content: nullable(z.string()),
  new_content: nullable(z.string()),
};

const fileEntry = () =>
  z
    .object({
      name: z.string(),
      path: z.string(),
      is_directory: z.boolean(),
      size: z.int().describe("Bytes"),
      modified_time: z.string().describe("Server-local time, ISO 8601"),
    })
    .meta({ id: "FileEntry" });

const fileChange = () =>
  z
    .object({
      type: z.enum(["add", "delete", "update"]),
      old_content: nullable(z.string()),
      new_content: nullable(z.string()),
      move_path: nullable(z.string()).describe("Empty for an update that moves nothing"),
    })
    .meta({ id: "FileChange" });

/** The changes of a patch, by the paths that it names. */
const commit = () =>
  z.object({ changes: z.record(z.string(), fileChange()).default({}) }).meta({ id: "Commit" });

/** Calls of the tools that read, write and search files, without the file editor. */
export function fileActions() {
  return [
    actionOf("PlanningFileEditorAction", editorArguments),
    actionOf("ReadFileAction", {
      file_path: z.string(),
      offset: nullable(z.int().min(0)),
      limit: nullable(z.int().min(1)),
    }),
    actionOf("WriteFileAction", { file_path: z.string(), content: z.string() }),
    actionOf("EditAction", {
      file_path: z.string(),
      old_string: z.string(),
      new_string: z.string(),
      expected_replacements: z.int().min(0).default(1),
    }),
    actionOf("ListDirectoryAction", {
      dir_path: z.string().default("."),
      recursive: z.boolean().default(false),
    }),
    actionOf("ApplyPatchAction", { patch: z.string() }),
    actionOf("GlobAction", { pattern: z.string(), path: nullable(z.string()) }),
    actionOf("GrepAction", {
      pattern: z.string(),
      path: nullable(z.string()),
      include: nullable(z.string()),
    }),
  ] as const;
}

/** Results of these tools. */
export function fileObservations() {
  const changed = {
    file_path: nullable(z.string()),
    is_new_file: z.boolean().default(false),
    old_content: nullable(z.string()),
    new_content: nullable(z.string()),
  };
  const found = { pattern: z.string(), search_path: z.string(), truncated: z.boolean().default(false) };
  return [
    observationOf("PlanningFileEditorObservation", editorResult),
    observationOf("ReadFileObservation", {
      file_path: z.string(),
      file_content: z.string().default(""),
      is_truncated: z.boolean().default(false),
      lines_shown: nullable(z.tuple([z.int(), z.int()])),
      total_lines: nullable(z.int()),
    }),
    observationOf("WriteFileObservation", changed),
    observationOf("EditObservation", { ...changed, replacements_made: z.int().default(0) }),
    observationOf("ListDirectoryObservation", {
      dir_path: nullable(z.string()),
      entries: z.array(fileEntry()).default([]),
      total_count: z.int().default(0),
      is_truncated: z.boolean().default(false),
    }),
    observationOf("ApplyPatchObservation", {
      message: z.string().default(""),
      fuzz: z.int().default(0),
      commit: nullable(commit()),
    }),
    observationOf("GlobObservation", { files: z.array(z.string()), ...found }),
    observationOf("GrepObservation", {
      matches: z.array(z.string()),
      ...found,
      include_pattern: nullable(z.string()),
    }),
  ] as const;
}
