import { messageOf } from "../../../errors.ts";
import { WorkspaceError } from "../../workspace-error.ts";

/**
 * Loads the library of pseudo-terminals when the first terminal is opened: it is native code that most processes never
 * need.
 */
export async function loadPty(): Promise<typeof import("@lydell/node-pty")> {
  try {
    return await import("@lydell/node-pty");
  } catch (cause) {
    const advice = `npm install @lydell/node-pty @lydell/node-pty-${process.platform}-${process.arch}`;
    throw new WorkspaceError(
      "unavailable",
      `The terminal needs a PTY library that cannot be loaded here. Install it: ${advice} (${messageOf(cause)})`,
      { cause },
    );
  }
}
