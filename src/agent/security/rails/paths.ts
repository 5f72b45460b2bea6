import type { Word } from "../shell/word.ts";

/** Folders without which a machine or its users lose everything. */
const CRITICAL_FOLDERS = ["/etc", "/usr", "/var", "/home", "/boot"];

export function isDevice(path: string): boolean {
  return resolved(path)?.startsWith("/dev/") ?? false;
}

/** Whether a word names the root, the home folder or one above it, or anything in a critical folder. */
export function isCriticalTarget({ text }: Word, literal: string): boolean {
  const path = foldCase(literal);
  if (text.startsWith("~") && leavesHome(path)) return true;
  const absolute = resolved(path);
  if (absolute === undefined) return false;
  if (absolute === "/" || absolute === "/*") return true;
  return CRITICAL_FOLDERS.some(
    (folder) => absolute === folder || absolute.startsWith(`${folder}/`) || absolute.startsWith(`${folder}*`),
  );
}

/** Whether a path that begins with a tilde is the home folder itself, or above it. */
function leavesHome(path: string): boolean {
  if (path === "~") return true;
  if (!path.startsWith("~/")) return false;
  let depth = 0;
  for (const part of path.slice(2).split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return depth === 0;
}

/** An absolute path without `.`, `..` and doubled slashes; undefined for a relative one. */
function resolved(path: string): string | undefined {
  if (!path.startsWith("/")) return undefined;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/**
 * Makes letters comparable that differ in case only. File systems and shells of some machines do not tell them apart.
 */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase();
}
