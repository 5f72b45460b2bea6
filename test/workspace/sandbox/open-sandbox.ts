import { join } from "node:path";
import { onTestFinished } from "vitest";
import { messageOf } from "../../../src/errors.ts";
import type { SandboxOptions } from "../../../src/workspace/sandbox/sandbox-options.ts";
import { sandboxedWorkspace } from "../../../src/workspace/sandbox/sandboxed-workspace.ts";
import type { Workspace } from "../../../src/workspace/workspace.ts";
import { temporaryDirectory } from "../open-local.ts";

/** Why no sandbox can be had on this machine; undefined where it can. CI must not skip these suites. */
export const MISSING: string | undefined = reasonOfMissing();

function reasonOfMissing(): string | undefined {
  try {
    sandboxedWorkspace();
    return undefined;
  } catch (error) {
    if (process.env.REQUIRE_SANDBOX) throw error;
    const reason = messageOf(error);
    process.stderr.write(`\n!!! SKIPPED: every test of the sandbox in this file. ${reason}\n\n`);
    return reason;
  }
}

export interface OpenSandbox extends SandboxOptions {
  /** Folder that holds the server's files and the root. Default: a new one. */
  folder?: string;
  /** Name of the conversation's folders. Default: "one". */
  name?: string;
}

/** A sandbox that is closed when the test ends: `projects/NAME` and `state/NAME` of the folder. */
export async function openSandbox({
  folder,
  name = "one",
  ...options
}: OpenSandbox = {}): Promise<Workspace> {
  const top = folder ?? (await temporaryDirectory());
  const workspace = await sandboxedWorkspace({ root: join(top, "projects"), ...options })({
    conversationId: "00000000-0000-4000-8000-000000000000",
    workingDir: name,
    dataDir: join(top, "state", name),
    requested: {},
  });
  onTestFinished(() => workspace.close());
  return workspace;
}
