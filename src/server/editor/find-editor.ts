import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { runProcess } from "../../workspace/local/run-process.ts";

/** A VS Code server on this machine. */
export interface FoundEditor {
  /** Absolute path. */
  readonly program: string;
  /** Folder of the extensions that come with it. null for its own default. */
  readonly extensionsDir: string | null;
}

/** The way an editor takes its address and its secret. */
export type Dialect = "vscode" | "coder";

/** Where images of the reference have it. */
const IMAGE_PROGRAM = "/openhands/.openvscode-server/bin/openvscode-server";
const NAMES = ["openvscode-server", "code-server"];

const HELP_LIMIT = 20_000;

export interface EditorSearch {
  /** The one program to look at. null for all known places. */
  program: string | null;
  /** Folders of programs, as in the variable PATH. */
  path: string;
}

/** Finds an installed editor. null without one. */
export async function findEditor({ program, path }: EditorSearch): Promise<FoundEditor | null> {
  for (const candidate of program === null ? candidates(path) : [program]) {
    if (!(await isProgram(candidate))) continue;
    const extensions = join(dirname(dirname(candidate)), "extensions");
    const hasOwn = candidate === IMAGE_PROGRAM && (await isFolder(extensions));
    return { program: candidate, extensionsDir: hasOwn ? extensions : null };
  }
  return null;
}

/** Two programs are called code-server: the one with a connection token is VS Code's own. */
export async function dialectOf(program: string, env: Readonly<Record<string, string>>): Promise<Dialect> {
  if (program.endsWith("/openvscode-server")) return "vscode";
  const { stdout, stderr } = await runProcess([program, "--help"], { cwd: "/", env, timeout: HELP_LIMIT });
  return `${stdout}${stderr}`.includes("connection-token") ? "vscode" : "coder";
}

/** A relative folder in the PATH is passed over: an agent could put a program there. */
function candidates(path: string): string[] {
  const folders = path.split(":").filter((folder) => isAbsolute(folder));
  return [IMAGE_PROGRAM, ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))];
}

async function isProgram(path: string): Promise<boolean> {
  const isFile = await stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
  return isFile && access(path, constants.X_OK).then(...YES_OR_NO);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

const YES_OR_NO = [() => true, () => false] as const;
