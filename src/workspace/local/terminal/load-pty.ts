import { messageOf } from "../../../errors.ts";
import { WorkspaceError } from "../../workspace-error.ts";

/** The PTY library, loaded when a terminal is first opened: it is native code, and most processes never need it. */
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
