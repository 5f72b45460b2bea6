import { type Content, text } from "../../wire/events/message.ts";
import { extensionOf } from "../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { linesOf } from "../text-files/document.ts";
import { checkReadable, MAX_FILE_BYTES, readTextFile } from "../text-files/text-file.ts";
import { EditorRefusal } from "./editor-refusal.ts";
import { numberedLines } from "./numbered-lines.ts";

const IMAGE_TYPES = new Map([
  [".png", "image/png"],
  [".jpg", "image/jpeg"],
  [".jpeg", "image/jpeg"],
  [".gif", "image/gif"],
  [".webp", "image/webp"],
  [".bmp", "image/bmp"],
]);

/** Shows the lines of a text file, all or a range, and an image as an image. */
export async function viewFile(
  files: WorkspaceFiles,
  path: string,
  range: readonly number[] | null,
): Promise<string | Content[]> {
  const imageType = IMAGE_TYPES.get(extensionOf(path));
  if (imageType !== undefined) return viewImage(files, path, imageType);
  const lines = linesOf((await readTextFile(files, path)).document.text);
  if (range !== null) return viewRange(path, lines, range);
  return catOutput(path, numberedLines(lines, 1));
}

/** Puts numbered lines under the heading that clients look for. An empty file has the heading only. */
export function catOutput(subject: string, numbered: string): string {
  return `Here's the result of running \`cat -n\` on ${subject}:\n${numbered === "" ? "" : `${numbered}\n`}`;
}

async function viewImage(files: WorkspaceFiles, path: string, type: string): Promise<Content[]> {
  await checkReadable(files, path);
  const bytes = await files.read(path, { maxBytes: MAX_FILE_BYTES });
  const url = `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
  return [text(`Image ${path}:`), { cache_prompt: false, type: "image", image_urls: [url] }];
}

function viewRange(path: string, lines: readonly string[], range: readonly number[]): string {
  const refuse = (hint: string) => EditorRefusal.invalid("view_range", range, hint);
  const [first, end] = range;
  if (range.length !== 2 || first === undefined || end === undefined) {
    throw refuse("It should be a list of two integers.");
  }
  const count = lines.length;
  if (first < 1 || first > count) {
    throw refuse(
      `Its first element \`${first}\` should be within the range of lines of the file: [1, ${count}].`,
    );
  }
  const last = end === -1 ? count : Math.min(end, count);
  if (last < first) throw refuse(`Its second element \`${end}\` should be -1 or not less than the first.`);
  const note = end > count ? `NOTE: We only show up to ${count}: the file has no more lines.\n` : "";
  return note + catOutput(path, numberedLines(lines.slice(first - 1, last), first));
}
