import { messageOf } from "../../../../errors.ts";
import { WorkspaceError } from "../../../workspace-error.ts";
import { type Ptys, TERMINAL_NAME } from "./pty.ts";
import { scriptPtys } from "./script-pty.ts";

/**
 * Finds a way to have pseudo-terminals when the first terminal is opened: the library, which is native code that most
 * processes never need; where it has no build for this machine, the program `script` of util-linux.
 *
 * @throws WorkspaceError `unavailable` where there is neither
 */
export async function loadPty(): Promise<Ptys> {
  try {
    const { spawn } = await import("@lydell/node-pty");
    return {
      layers: 0,
      start({ argv: [program, ...parameters], columns: cols, rows, cwd, env }) {
        return spawn(program, parameters, { name: TERMINAL_NAME, cols, rows, cwd, env });
      },
    };
  } catch (cause) {
    return (await scriptPtys()) ?? unavailable(cause);
  }
}

function unavailable(cause: unknown): never {
  const library = `npm install @lydell/node-pty @lydell/node-pty-${process.platform}-${process.arch}`;
  const advice = process.platform === "linux" ? `${library}, or the program script of util-linux` : library;
  throw new WorkspaceError(
    "unavailable",
    `The terminal needs a PTY library that cannot be loaded here. Install it: ${advice} (${messageOf(cause)})`,
    { cause },
  );
}
