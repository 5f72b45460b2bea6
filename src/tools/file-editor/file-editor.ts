import { messageOf } from "../../errors.ts";
import { type Content, text } from "../../wire/message.ts";
import { readFile, readFileBase64, removeFile, statFile, writeFileAtomic } from "../../workspace/files.ts";
import { extensionOf, isAbsolutePath, joinPath, realPathOf } from "../../workspace/paths.ts";
import type { ToolResult } from "../define-tool.ts";
import { viewDirectory } from "./directory-view.ts";
import { Document, lineAt, linesOf } from "./document.ts";
import { EditorRefusal } from "./editor-refusal.ts";
import type { FileEditorCommand, FileEditorInput } from "./input.ts";
import { findOnce } from "./match.ts";
import { numberedLines, snippetAround } from "./numbered-lines.ts";
import { decodeText } from "./text-encoding.ts";
import { UndoHistory } from "./undo-history.ts";

const MAX_MEGABYTES = 10;
const MAX_BYTES = MAX_MEGABYTES * 1024 * 1024;

const IMAGE_TYPES = new Map([
  [".png", "image/png"],
  [".jpg", "image/jpeg"],
  [".jpeg", "image/jpeg"],
  [".gif", "image/gif"],
  [".webp", "image/webp"],
  [".bmp", "image/bmp"],
]);

/** The fields of a `FileEditorObservation` besides `content` and `is_error`. */
interface Outcome {
  content: string | Content[];
  path?: string;
  prev_exist?: boolean;
  old_content?: string | null;
  new_content?: string | null;
}

/** The editor of one conversation; what it keeps is the undo history. */
export class FileEditor {
  readonly #workingDir: string;
  readonly #history = new UndoHistory();

  constructor(workingDir: string) {
    this.#workingDir = workingDir;
  }

  async run(input: FileEditorInput): Promise<ToolResult> {
    try {
      await this.#checkPath(input.command, input.path);
      return observation(input.command, false, { path: input.path, ...(await this.#dispatch(input)) });
    } catch (error) {
      const isExpected = error instanceof EditorRefusal;
      const reason = isExpected
        ? error.message
        : `Could not ${input.command} ${input.path}: ${messageOf(error)}`;
      return observation(input.command, true, { content: reason });
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
    if (path.includes("\0"))
      throw EditorRefusal.invalid("path", path.replaceAll("\0", "\\0"), "It has a zero character.");
    if (!isAbsolutePath(path)) {
      const meant = joinPath(this.#workingDir, path);
      const suggestion = (await statFile(meant)) === null ? "" : ` Maybe you meant ${meant}?`;
      throw EditorRefusal.invalid("path", path, `The path should be an absolute path.${suggestion}`);
    }
    const status = await statFile(path);
    if (command === "create") {
      if (status === null) return;
      throw EditorRefusal.invalid(
        "path",
        path,
        `It exists already; \`create\` does not overwrite. Use \`str_replace\` or \`insert\`.`,
      );
    }
    if (status === null) throw EditorRefusal.invalid("path", path, `The path ${path} does not exist.`);
    if (status.type === "directory" && command !== "view") {
      throw EditorRefusal.invalid(
        "path",
        path,
        `The path ${path} is a directory; only \`view\` takes directories.`,
      );
    }
    if (status.type === "other") throw EditorRefusal.unfit(path, "It is not a regular file.");
    if (status.type === "file" && status.size > MAX_BYTES) {
      const megabytes = (status.size / 1024 / 1024).toFixed(1);
      throw EditorRefusal.unfit(path, `It has ${megabytes} MB; at most ${MAX_MEGABYTES} MB can be read.`);
    }
  }

  async #view({ path, view_range: range }: FileEditorInput): Promise<Outcome> {
    const status = await statFile(path);
    if (status?.type === "directory") {
      if (range !== null) throw EditorRefusal.invalid("view_range", range, "A directory has no lines.");
      return { content: await viewDirectory(path) };
    }
    const imageType = IMAGE_TYPES.get(extensionOf(path));
    if (imageType !== undefined) return { content: await imageContent(path, imageType) };
    const { document } = await readDocument(path);
    const lines = linesOf(document.text);
    const heading = `Here's the result of running \`cat -n\` on ${path}:`;
    if (range === null)
      return {
        content: `${heading}\n${lines.length === 0 ? "(the file is empty)" : numberedLines(lines, 1)}\n`,
      };
    const { first, last, note } = checkRange(range, lines.length);
    return { content: `${note}${heading}\n${numberedLines(lines.slice(first - 1, last), first)}\n` };
  }

  async #create({ command, path, file_text: content }: FileEditorInput): Promise<Outcome> {
    if (content === null) throw EditorRefusal.missing("file_text", command);
    await writeFileAtomic(path, new TextEncoder().encode(content));
    this.#history.push(realPathOf(path), null);
    return { content: `File created successfully at: ${path}`, prev_exist: false, new_content: content };
  }

  async #replace({ command, path, old_str, new_str }: FileEditorInput): Promise<Outcome> {
    if (old_str === null) throw EditorRefusal.missing("old_str", command);
    if (new_str === null) throw EditorRefusal.missing("new_str", command);
    if (old_str === "")
      throw EditorRefusal.invalid("old_str", "", "It must not be empty; add lines with `insert`.");
    if (old_str === new_str) {
      throw EditorRefusal.invalid(
        "new_str",
        new_str,
        "No replacement was performed. `new_str` and `old_str` must be different.",
      );
    }
    const { bytes, document } = await readDocument(path);
    const match = findOnce(document.text, old_str.replaceAll("\r\n", "\n"), path);
    const edited = document.replace(match.start, match.end, new_str);
    await this.#save(path, bytes, edited);
    const first = lineAt(edited.text, match.start);
    return edit({ path, document, edited, first, last: first + linesOf(new_str).length - 1 });
  }

  async #insert({ command, path, insert_line: line, new_str }: FileEditorInput): Promise<Outcome> {
    if (line === null) throw EditorRefusal.missing("insert_line", command);
    if (new_str === null) throw EditorRefusal.missing("new_str", command);
    const { bytes, document } = await readDocument(path);
    const lines = linesOf(document.text);
    if (line > lines.length) {
      throw EditorRefusal.invalid(
        "insert_line",
        line,
        `It should be within the range of lines of the file: [0, ${lines.length}].`,
      );
    }
    const offset = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
    // The last line of the file may have no end yet.
    const start = Math.min(offset, document.text.length);
    const added = new_str.endsWith("\n") ? new_str : `${new_str}\n`;
    const edited = document.replace(start, start, offset > start ? `\n${added}` : added);
    await this.#save(path, bytes, edited);
    return edit({ path, document, edited, first: line + 1, last: line + linesOf(added).length });
  }

  async #undo(path: string): Promise<Outcome> {
    const key = realPathOf(path);
    const last = this.#history.last(key);
    if (last === undefined) throw new EditorRefusal(`No edit history found for ${path}.`);
    const { document } = await readDocument(path);
    if (last.before === null) {
      await removeFile(path);
      this.#history.drop(last);
      const message = `Last edit to ${path} undone successfully. It had created the file, which is gone again.`;
      return { content: message, old_content: document.text };
    }
    await writeFileAtomic(path, last.before);
    this.#history.drop(last);
    const restored = (await readDocument(path)).document;
    const shown = numberedLines(linesOf(restored.text), 1);
    const message = `Last edit to ${path} undone successfully. Here's the result of running \`cat -n\` on ${path}:\n${shown}\n`;
    return { content: message, old_content: document.text, new_content: restored.text };
  }

  async #save(path: string, before: Uint8Array, edited: Document): Promise<void> {
    await writeFileAtomic(path, edited.toBytes());
    this.#history.push(realPathOf(path), before);
  }
}

function observation(command: FileEditorCommand, is_error: boolean, outcome: Outcome): ToolResult {
  const { content, path = null, prev_exist = true, old_content = null, new_content = null } = outcome;
  return { content, is_error, command, path, prev_exist, old_content, new_content };
}

async function readDocument(path: string): Promise<{ bytes: Uint8Array; document: Document }> {
  const bytes = await readFile(path, MAX_BYTES);
  const decoded = decodeText(bytes);
  if (decoded === null)
    throw EditorRefusal.unfit(path, "It is a binary file, which this tool can neither show nor edit.");
  return { bytes, document: new Document(decoded.text, decoded.encoding) };
}

async function imageContent(path: string, type: string): Promise<Content[]> {
  const url = `data:${type};base64,${await readFileBase64(path, MAX_BYTES)}`;
  return [text(`Image ${path}:`), { cache_prompt: false, type: "image", image_urls: [url] }];
}

function checkRange(range: readonly number[], count: number): { first: number; last: number; note: string } {
  const [first, end] = range;
  if (range.length !== 2 || first === undefined || end === undefined) {
    throw EditorRefusal.invalid("view_range", range, "It should be a list of two integers.");
  }
  if (first < 1 || first > count) {
    throw EditorRefusal.invalid(
      "view_range",
      range,
      `Its first element \`${first}\` should be within the range of lines of the file: [1, ${count}].`,
    );
  }
  const last = end === -1 ? count : Math.min(end, count);
  if (last < first) {
    throw EditorRefusal.invalid(
      "view_range",
      range,
      `Its second element \`${end}\` should be -1 or not less than the first.`,
    );
  }
  return {
    first,
    last,
    note: end > count ? `NOTE: We only show up to ${count}: the file has no more lines.\n` : "",
  };
}

function edit(change: {
  path: string;
  document: Document;
  edited: Document;
  first: number;
  last: number;
}): Outcome {
  const { path, document, edited, first, last } = change;
  const shown = snippetAround(linesOf(edited.text), first, last);
  return {
    content: `The file ${path} has been edited. Here's the result of running \`cat -n\` on a snippet of ${path}:\n${shown}\nCheck that this is what you meant; edit again if not.`,
    old_content: document.text,
    new_content: edited.text,
  };
}
