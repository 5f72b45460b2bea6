import type { Workspace, WorkspaceSpec } from "../../src/workspace/workspace.ts";
import { WorkspaceError } from "../../src/workspace/workspace-error.ts";

/** A workspace of files in memory, by absolute path, and folders that were made. Every program succeeds at once. */
export function memoryWorkspace(
  spec: Pick<WorkspaceSpec, "workingDir" | "dataDir">,
  content: { files?: Record<string, string>; folders?: string[] } = {},
): Workspace {
  const { files = {}, folders = [] } = content;
  const unsupported = () => Promise.reject(new WorkspaceError("unavailable", "Not in memory."));
  return {
    info: {
      kind: "memory",
      workingDir: spec.workingDir,
      dataDir: spec.dataDir,
      home: "/home/user",
      temporaryDir: "/tmp",
      username: "user",
      hostname: "memory",
    },
    files: {
      async stat(path) {
        const text = files[path];
        return text === undefined ? null : { type: "file", size: text.length, modifiedAt: 0 };
      },
      async read(path) {
        const text = files[path];
        if (text === undefined) throw new WorkspaceError("not_found", `${path}: no such file or directory`);
        return new TextEncoder().encode(text);
      },
      readStream: unsupported,
      write: unsupported,
      list: unsupported,
      async makeFolder(path) {
        folders.push(path);
      },
      move: unsupported,
      remove: unsupported,
      realPath: async (path) => path,
    },
    run: async () => ({
      outcome: "exited",
      exitCode: 0,
      signal: null,
      stdout: "",
      stderr: "",
      truncated: false,
    }),
    terminal: unsupported,
    close: async () => {},
  };
}
