import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { SecretMask } from "../../src/secrets/masking/secret-mask.ts";
import type { ToolCallContext, ToolHost } from "../../src/tools/tool.ts";

/** A new directory that goes when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "agent-server-tools-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A host on a new directory, with the given secret values. */
export async function toolHost(secrets: readonly string[] = []): Promise<ToolHost> {
  const workingDir = await temporaryDirectory();
  return {
    conversationId: "00000000-0000-4000-8000-000000000000",
    workingDir,
    dataDir: join(workingDir, "data"),
    params: {},
    secrets: { referencedIn: async () => ({}), mask: async () => SecretMask.of(secrets) },
  };
}

export function callContext(signal: AbortSignal = new AbortController().signal): ToolCallContext {
  return { toolCallId: "call_1", signal };
}
