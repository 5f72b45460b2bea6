import { isWithin } from "../../workspace/place.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { absolutePath } from "../text-files/file-place.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { encodeDocument, readTextFile, type TextFile } from "../text-files/text-file.ts";
import { applyHunks } from "./apply-hunks.ts";
import type { PatchSection } from "./parse-patch.ts";

/** Bytes of all files of a patch, before and after it. */
const MAX_BYTES = 32 * 1024 * 1024;

/** A change to one file, as clients see it. */
export interface FileChange {
  type: PatchSection["type"];
  old_content: string | null;
  new_content: string | null;
  move_path: string | null;
}

/** A file as it is to be. */
export interface FileStep {
  /** Absolute path, through no link. */
  path: string;
  /** null where there is none. */
  before: Uint8Array | null;
  /** null for a file that goes. */
  after: Uint8Array | null;
}

/** Everything that a patch does. Nothing of it is done yet. */
export interface PatchPlan {
  changes: Record<string, FileChange>;
  steps: readonly FileStep[];
  fuzz: number;
}

/** Files of the working directory, and its one name. */
export interface PatchPlace {
  workspace: Pick<Workspace, "info">;
  files: WorkspaceFiles;
  root: string;
}

/**
 * Reads the files of a patch and works out what they become.
 *
 * @throws FileRefusal for a path out of the working directory, two sections about one file, a file that is missing or
 * holds no text, and a change that does not fit.
 */
export async function planChanges(sections: readonly PatchSection[], place: PatchPlace): Promise<PatchPlan> {
  const steps: FileStep[] = [];
  const changes: [string, FileChange][] = [];
  const paths = new Set<string>();
  let fuzz = 0;
  let bytes = 0;
  for (const section of sections) {
    const planned = await planSection(section, place);
    fuzz += planned.fuzz;
    changes.push([section.path, planned.change]);
    for (const step of planned.steps) {
      if (paths.has(step.path))
        throw new FileRefusal(`Invalid patch: several sections are about ${step.path}`);
      paths.add(step.path);
      bytes += (step.before?.length ?? 0) + (step.after?.length ?? 0);
      if (bytes > MAX_BYTES)
        throw new FileRefusal("The files of the patch are too large together: send some at a time");
      steps.push(step);
    }
  }
  return { changes: Object.fromEntries(changes), steps, fuzz };
}

interface PlannedSection {
  change: FileChange;
  steps: readonly FileStep[];
  fuzz: number;
}

async function planSection(section: PatchSection, place: PatchPlace): Promise<PlannedSection> {
  switch (section.type) {
    case "add":
      return addition(section, place);
    case "delete":
      return deletion(section, place);
    case "update":
      return update(section, place);
  }
}

async function addition(
  { path, lines }: Extract<PatchSection, { type: "add" }>,
  place: PatchPlace,
): Promise<PlannedSection> {
  const target = await targetOf(path, place);
  const content = lines.map((line) => `${line}\n`).join("");
  const step = { path: target, before: await bytesAt(place.files, target), after: encode(content) };
  const change = { type: "add" as const, old_content: null, new_content: content, move_path: null };
  return { change, steps: [step], fuzz: 0 };
}

async function deletion({ path }: PatchSection, place: PatchPlace): Promise<PlannedSection> {
  const target = await targetOf(path, place);
  const { bytes, document } = await existing(place.files, path, target);
  const change = { type: "delete" as const, old_content: document.text, new_content: null, move_path: null };
  return { change, steps: [{ path: target, before: bytes, after: null }], fuzz: 0 };
}

async function update(
  { path, moveTo, hunks }: Extract<PatchSection, { type: "update" }>,
  place: PatchPlace,
): Promise<PlannedSection> {
  const source = await targetOf(path, place);
  const { bytes, document } = await existing(place.files, path, source);
  const { text, fuzz } = applyHunks(path, document.text, hunks);
  const { bytes: after } = await encodeDocument(path, document.withText(text));
  const change = {
    type: "update" as const,
    old_content: document.text,
    new_content: text,
    move_path: moveTo,
  };
  if (moveTo === "") return { change, steps: [{ path: source, before: bytes, after }], fuzz };
  const target = await moveTarget(moveTo, place);
  if (target === source) return { change, steps: [{ path: source, before: bytes, after }], fuzz };
  const arrival = { path: target, before: await bytesAt(place.files, target), after };
  return { change, steps: [arrival, { path: source, before: bytes, after: null }], fuzz };
}

function moveTarget(path: string, place: PatchPlace): Promise<string> {
  if (path.startsWith("/") || path.split("/").includes(".."))
    throw new FileRefusal(`Invalid patch: '${path}' must be a relative path without '..' to move a file to`);
  return targetOf(path, place);
}

/** The one name of a file. Links are followed: what they lead to is changed, and they stay. */
async function targetOf(path: string, { workspace, files, root }: PatchPlace): Promise<string> {
  const target = await files.realPath(absolutePath(workspace, path));
  if (!isWithin(root, target)) throw new FileRefusal("Absolute or escaping paths are not allowed");
  return target;
}

async function existing(files: WorkspaceFiles, path: string, target: string): Promise<TextFile> {
  const status = await files.stat(target);
  if (status === null) throw new FileRefusal(`Invalid patch: ${path} is missing`);
  if (status.type === "directory") throw new FileRefusal(`Invalid patch: ${path} is a directory`);
  return readTextFile(files, target);
}

/** The bytes of what a patch overwrites, kept until it is carried out; null where nothing is. */
async function bytesAt(files: WorkspaceFiles, path: string): Promise<Uint8Array | null> {
  const status = await files.stat(path);
  if (status === null) return null;
  if (status.type !== "file") throw new FileRefusal(`Invalid patch: ${path} is no regular file`);
  return files.read(path, { maxBytes: MAX_BYTES });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
