import { messageOf } from "../../errors.ts";
import type { Content } from "../../wire/events/message.ts";
import { isAbsolutePath, joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { ToolResult } from "../define-tool.ts";
import { lineAt, linesOf } from "../text-files/document.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { encodeDocument, readTextFile, type TextFile } from "../text-files/text-file.ts";
import { viewDirectory } from "./directory-view.ts";
import { EditorRefusal } from "./editor-refusal.ts";
import { catOutput, viewFile } from "./file-view.ts";
import type { FileEditorCommand, FileEditorInput } from "./input.ts";
import { findOnce } from "./match.ts";
import { numberedLines, snippetAround } from "./numbered-lines.ts";
import { UndoHistory } from "./undo-history.ts";

/** Fields of a `FileEditorObservation` other than the command and `is_error`. */
interface Outcome {
  content: string | Content[];
  path?: string;
  prev_exist?: boolean;
  old_content?: string;
  new_content?: string;
}

interface Change {
  start: number;
  end: number;
  replacement: string;
}

/** The editor of one conversation. Its state is the undo history. */
export class FileEditor {
  readonly #files: WorkspaceFiles;
  readonly #workingDir: string;
  readonly #history = new UndoHistory();

  constructor({ files, info }: Workspace) {
    this.#files = files;
    this.#workingDir = info.workingDir;
  }

  async run(input: FileEditorInput): Promise<ToolResult> {
    const { command, path } = input;
    try {
      await this.#checkPath(command, path);
      return observation(command, false, { path, ...(await this.#dispatch(input)) });
    } catch (error) {
      const isExpected = error instanceof FileRefusal;
      const reason = isExpected ? error.message : `Could not ${command} ${path}: ${messageOf(error)}`;
      return observation(command, true, { content: reason });
    }
  }

  async #dispatch(input: FileEditorInput): Promise<Outcome> {
    switch (input.command) {
      case "view":
        return this.#view(input);
      case "create":
        return this.#create(input);
      case "str_replace":
        return this.#replace(input);
      case "insert":
        return this.#insert(input);
      case "undo_edit":
        return this.#undo(input.path);
    }
  }

  async #checkPath(command: FileEditorCommand, path: string): Promise<void> {
    const refuse = (hint: string) => EditorRefusal.invalid("path", path.replaceAll("\0", "\\0"), hint);
    if (path.includes("\0")) throw refuse("It has a zero character.");
    if (!isAbsolutePath(path)) {
      const meant = joinPath(this.#workingDir, path);
      const suggestion = (await this.#files.stat(meant)) === null ? "" : ` Maybe you meant ${meant}?`;
      throw refuse(`The path should be an absolute path.${suggestion}`);
    }
    const status = await this.#files.stat(path);
    if (command === "create") {
      if (status === null) return;
      throw refuse("It exists already; `create` does not overwrite. Use `str_replace` or `insert`.");
    }
    if (status === null) throw refuse(`The path ${path} does not exist.`);
    if (status.type === "directory" && command !== "view") {
      throw refuse(`The path ${path} is a directory; only \`view\` takes directories.`);
    }
  }

  async #view({ path, view_range }: FileEditorInput): Promise<Outcome> {
    // Models send an empty list when they want no range.
    const range = view_range?.length === 0 ? null : view_range;
    const status = await this.#files.stat(path);
    if (status?.type !== "directory") return { content: await viewFile(this.#files, path, range) };
    if (range !== null) throw EditorRefusal.invalid("view_range", range, "A directory has no lines.");
    return { content: await viewDirectory(this.#files, path) };
  }

  async #create({ command, path, file_text: content }: FileEditorInput): Promise<Outcome> {
    if (content === null) throw EditorRefusal.missing("file_text", command);
    await this.#files.write(path, content);
    this.#history.push(await this.#files.realPath(path), null);
    return { content: `File created successfully at: ${path}`, prev_exist: false, new_content: content };
  }

  async #replace({ command, path, old_str, new_str }: FileEditorInput): Promise<Outcome> {
    if (old_str === null) throw EditorRefusal.missing("old_str", command);
    if (new_str === null) throw EditorRefusal.missing("new_str", command);
    if (old_str === "") {
      throw EditorRefusal.invalid("old_str", "", "It must not be empty; add lines with `insert`.");
    }
    if (old_str === new_str) {
      const hint = "No replacement was performed. `new_str` and `old_str` must be different.";
      throw EditorRefusal.invalid("new_str", new_str, hint);
    }
    const file = await readTextFile(this.#files, path);
    const match = findOnce(file.document.text, old_str.replaceAll("\r\n", "\n"), path);
    return this.#edit(path, file, { ...match, replacement: new_str });
  }

  async #insert({ command, path, insert_line: line, new_str }: FileEditorInput): Promise<Outcome> {
    if (line === null) throw EditorRefusal.missing("insert_line", command);
    if (new_str === null) throw EditorRefusal.missing("new_str", command);
    const file = await readTextFile(this.#files, path);
    const { text } = file.document;
    const lines = linesOf(text);
    if (line > lines.length) {
      const hint = `It should be within the range of lines of the file: [0, ${lines.length}].`;
      throw EditorRefusal.invalid("insert_line", line, hint);
    }
    const added = new_str.endsWith("\n") ? new_str : `${new_str}\n`;
    const offset = lines.slice(0, line).reduce((sum, before) => sum + before.length + 1, 0);
    // Past the end, the last line has no line end and gets one first.
    const change =
      offset > text.length
        ? { start: text.length, end: text.length, replacement: `\n${added}` }
        : { start: offset, end: offset, replacement: added };
    return this.#edit(path, file, change);
  }

  async #edit(path: string, { bytes, document }: TextFile, change: Change): Promise<Outcome> {
    const edited = document.replace(change.start, change.end, change.replacement);
    const encoded = await encodeDocument(path, edited);
    await this.#files.write(path, encoded.bytes);
    this.#history.push(await this.#files.realPath(path), bytes);
    const first = lineAt(edited.text, change.start);
    const last = first + linesOf(change.replacement).length - 1;
    const shown = catOutput(`a snippet of ${path}`, snippetAround(linesOf(edited.text), first, last));
    return {
      content: `The file ${path} has been edited. ${encoded.note}${shown}Check that this is what you meant; edit again if not.`,
      old_content: document.text,
      new_content: edited.text,
    };
  }

  async #undo(path: string): Promise<Outcome> {
    const last = this.#history.last(await this.#files.realPath(path));
    if (last === undefined) throw new EditorRefusal(`No edit history found for ${path}.`);
    const { text } = (await readTextFile(this.#files, path)).document;
    const done = `Last edit to ${path} undone successfully.`;
    if (last.before === null) {
      await this.#files.remove(path);
      this.#history.drop(last);
      return { content: `${done} It had created the file, which is gone again.`, old_content: text };
    }
    await this.#files.write(path, last.before);
    this.#history.drop(last);
    const restored = (await readTextFile(this.#files, path)).document.text;
    const shown = catOutput(path, numberedLines(linesOf(restored), 1));
    return { content: `${done} ${shown}`, old_content: text, new_content: restored };
  }
}

function observation(command: FileEditorCommand, is_error: boolean, outcome: Outcome): ToolResult {
  const { content, path = null, prev_exist = true, old_content = null, new_content = null } = outcome;
  return { content, is_error, command, path, prev_exist, old_content, new_content };
}
