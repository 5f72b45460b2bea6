import type { Argv, RunOptions, RunResult, Workspace } from "../../src/workspace/workspace.ts";
import { WorkspaceError } from "../../src/workspace/workspace-error.ts";
import { commandFiles } from "./command-files.ts";
import { CommandTerminal } from "./command-terminal.ts";

/**
 * A workspace that knows nothing but how to run a program, each with a prefix that gives it a bare environment: the
 * way to a machine behind `bwrap`, `podman exec` or a connection. Files and the shell are made of programs.
 */
export function commandWorkspace(inner: Workspace): Workspace {
  const run = (argv: Argv, { env = {}, ...options }: RunOptions = {}): Promise<RunResult> => {
    const variables = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8", LANGUAGE: "C", ...env };
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return inner.run(["env", "-i", ...assignments, ...argv], options);
  };
  const files = commandFiles((script, parameters, options) =>
    run(["bash", "-c", script, "bash", ...parameters], options),
  );
  return {
    info: { ...inner.info, kind: "command" },
    files,
    run,
    async terminal(options) {
      const cwd = options.cwd ?? inner.info.workingDir;
      const { exitCode } = await run(["test", "-d", cwd]);
      if (exitCode !== 0) throw new WorkspaceError("not_a_directory", `${cwd} is not a folder`);
      return CommandTerminal.open(run, options);
    },
    close: () => inner.close(),
  };
}
